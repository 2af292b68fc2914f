using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// NanoDet's head, with generalised focal loss: how far the box reaches left, up, right and down from a cell is the mean of a distribution
/// over
/// 8 bins, in strides. The output is 1 x N x (C + 32): the probabilities of C classes, then the logits of the four distributions, for the
/// cells of
/// all grids. NanoDet-Plus has strides of 8 to 64 pixels and points in the cells' corners, NanoDet strides of 8 to 32 and points in their
/// centres.
/// </summary>
public sealed class NanoDetDecoder : IDetectionDecoder
{
    private const int Bins = 8;

    private readonly DetectorSignature _signature;
    private readonly SessionValue _output;
    private readonly int _levels;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not NanoDet's.</exception>
    public NanoDetDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        _signature = signature;
        _output = HeadValues.Single(signature, 3, "1 x cells x (classes + 32)");
        MaxBoxes = _output.Shape[1];
        _levels = MaxBoxes == Cells(4) ? 4 : MaxBoxes == Cells(3) ? 3 : throw new DetectionException(
            $"one output 1 x {Cells(4)} x (classes + 32), or 1 x {Cells(3)} without the stride of 64, was expected for an input of "
            + $"{signature.InputWidth} x {signature.InputHeight}; found {signature.OutputsText}.");
        ClassCount = HeadValues.Classes(signature, _output.Shape[2] - (4 * Bins), "32 columns less");
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        ReadOnlySpan<float> values = outputs[0].Span;
        int width = ClassCount + (4 * Bins), cell = 0, found = 0;
        float offset = _levels == 4 ? 0 : 0.5f;
        for (int level = 0; level < _levels; level++)
        {
            int stride = 8 << level;
            (int rows, int columns) = Grid(level);
            for (int i = 0; i < rows * columns; i++, cell++)
            {
                ReadOnlySpan<float> at = values.Slice(cell * width, width);
                (int best, float score) = HeadValues.Best(at, ClassCount);
                score = HeadValues.Probability(score, _output, "class score");
                if (score >= minimumScore)
                {
                    float x = ((i % columns) + offset) * stride, y = ((i / columns) + offset) * stride;
                    ReadOnlySpan<float> sides = at[ClassCount..];
                    boxes[found++] = new(best, score, new(
                        x - (stride * Side(sides, 0)), y - (stride * Side(sides, 1)),
                        x + (stride * Side(sides, 2)), y + (stride * Side(sides, 3))));
                }
            }
        }

        return found;
    }

    private static float Side(ReadOnlySpan<float> sides, int side) => HeadValues.ExpectedBin(sides[(side * Bins)..], Bins, 1);

    private int Cells(int levels) => Enumerable.Range(0, levels).Sum(level => Grid(level).Rows * Grid(level).Columns);

    // A cell that the border cuts counts.
    private (int Rows, int Columns) Grid(int level) =>
        ((_signature.InputHeight + (8 << level) - 1) / (8 << level), (_signature.InputWidth + (8 << level) - 1) / (8 << level));
}
