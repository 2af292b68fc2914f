using System.Collections.Immutable;
using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// YOLO's boxes as the usual exports hold them: centre x and y, width and height in pixels of the input, and probabilities. YOLO v5 and v7
/// (three anchors for each cell) and v6 (none) give rows, 1 x N x (5 + C), with the probability of an object before those of C classes; v8
/// and later give columns, 1 x (4 + C) x N, without it. Other outputs of rank 5 beside it, the raw heads, are left alone.
/// </summary>
public sealed class YoloDecoder : IDetectionDecoder
{
    private const int Anchors = 3;

    // First and last stride, as powers of two.
    private static readonly ImmutableArray<(int First, int Last)> s_strides = [(3, 5), (3, 6), (2, 5), (4, 5)];

    private readonly DetectorSignature _signature;
    private readonly int _index, _rowStride, _columnStride, _firstClass;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not YOLO's.</exception>
    public YoloDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        HeadValues.RequireOneImage(signature);
        _signature = signature;
        int[] flat = [.. Enumerable.Range(0, signature.Outputs.Length).Where(i => signature.Outputs[i].Shape.Rank == 3)];
        if (flat.Length != 1 || signature.Outputs.Any(output => output.Shape.Rank is not (3 or 5)))
        {
            throw Unexpected();
        }

        _index = flat[0];
        (int rows, int columns) = (Output.Shape[1], Output.Shape[2]);
        int rowBoxes = BoxesPerCell(rows), columnBoxes = BoxesPerCell(columns);
        if ((rowBoxes == 0) == (columnBoxes == 0))
        {
            throw Unexpected();
        }

        bool isInRows = rowBoxes > 0;
        MaxBoxes = isInRows ? rows : columns;
        int width = isInRows ? columns : rows;
        (_rowStride, _columnStride) = isInRows ? (width, 1) : (1, MaxBoxes);
        _firstClass = signature.ClassCount is { } known && width - known is 4 or 5 ? width - known : isInRows ? 5 : 4;
        ClassCount = HeadValues.Classes(signature, width - _firstClass, $"{_firstClass} values of each box less");
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    private SessionValue Output => _signature.Outputs[_index];

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        ReadOnlySpan<float> values = outputs[_index].Span;
        int found = 0;
        for (int i = 0; i < MaxBoxes; i++)
        {
            ReadOnlySpan<float> at = values[(i * _rowStride)..];
            (int best, float score) = HeadValues.Best(at[(_firstClass * _columnStride)..], ClassCount, _columnStride);
            score = HeadValues.Probability(score, Output, "class score");
            if (_firstClass == 5)
            {
                score *= HeadValues.Probability(at[4 * _columnStride], Output, "objectness");
            }

            if (score >= minimumScore)
            {
                boxes[found++] = new(best, score, BoundingBox.Around(
                    at[0], at[_columnStride], at[2 * _columnStride], at[3 * _columnStride]));
            }
        }

        return found;
    }

    // How many boxes a cell has if there are so many in all; 0 if no grids make that many.
    private int BoxesPerCell(int boxes)
    {
        foreach ((int first, int last) in s_strides)
        {
            int cells = 0;
            for (int power = first; power <= last; power++)
            {
                cells += (_signature.InputWidth >> power) * (_signature.InputHeight >> power);
            }

            if (cells > 0 && (boxes == cells || boxes == Anchors * cells))
            {
                return boxes / cells;
            }
        }

        return 0;
    }

    private DetectionException Unexpected() => new(
        $"one output 1 x N x (5 + classes) or 1 x (4 + classes) x N, where N is the number of cells of strides 8, 16 and 32 in an input of "
        + $"{_signature.InputWidth} x {_signature.InputHeight}, or three times that, was expected; found {_signature.OutputsText}.");
}
