using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// NanoDet's head, with generalised focal loss: how far the box reaches left, up, right and down from a cell is the mean of a distribution
/// over 8 bins, in strides. The output is 1 x N x (C + 32): the probabilities of C classes, then the logits of the four distributions, for
/// the cells of all grids. NanoDet-Plus has strides of 8 to 64 pixels and points in the cells' corners, NanoDet strides of 8 to 32 and
/// points in their centres.
/// </summary>
public sealed class NanoDetDecoder : IDetectionDecoder
{
    private readonly DetectorSignature _signature;
    private readonly SessionValue _output;
    private readonly NanoDetHead _head;
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
        _head = new NanoDetHead(signature, _levels);
        ClassCount = HeadValues.Classes(signature, _output.Shape[2] - NanoDetHead.Sides, "32 columns less");
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        int width = ClassCount + NanoDetHead.Sides, first = 0, found = 0;
        for (int level = 0; level < _levels; level++)
        {
            ReadOnlySpan<float> at = outputs[0].Span[(first * width)..];
            found += _head.Decode(level, at, width, ClassCount, at[ClassCount..], width, _output, minimumScore, boxes[found..]);
            first += NanoDetHead.CellsOf(_signature, level);
        }

        return found;
    }

    private int Cells(int levels) => Enumerable.Range(0, levels).Sum(level => NanoDetHead.CellsOf(_signature, level));
}
