using System.Collections.Immutable;

namespace DwEngine.Vision.Detection;

/// <summary>
/// NanoDet's head with outputs of their own for each stride, as its first exporters write them (<c>cls_pred_stride_8</c>,
/// <c>dis_pred_stride_8</c> and so on): the probabilities of C classes, 1 x N x C, and the logits of the four distributions, 1 x N x 32,
/// for the N cells of a grid. They may stand in any order; where there are 32 classes, names with <c>dis</c> or <c>box</c> tell the
/// distributions. All else is as in <see cref="NanoDetDecoder"/>.
/// </summary>
public sealed class NanoDetStrideDecoder : IDetectionDecoder
{
    private readonly DetectorSignature _signature;
    private readonly NanoDetHead _head;

    // For each grid, which output has the classes, and which the distributions.
    private readonly ImmutableArray<(int Classes, int Sides)> _levels;

    /// <summary>Makes the decoder.</summary>
    /// <exception cref="DetectionException">The outputs are not such heads.</exception>
    public NanoDetStrideDecoder(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        HeadValues.RequireOneImage(signature);
        _signature = signature;
        int levels = signature.Outputs.Length / 2;
        if (signature.Outputs.Length is not (6 or 8) || signature.Outputs.Any(output => output.Shape.Rank != 3))
        {
            throw Unexpected();
        }

        _levels = [.. Enumerable.Range(0, levels).Select(Find)];
        int[] classes = [.. _levels.Select(level => signature.Outputs[level.Classes].Shape[2]).Distinct()];
        _head = new NanoDetHead(signature, levels);
        ClassCount = classes is [int count] ? HeadValues.Classes(signature, count, "the columns of the classes") : throw Unexpected();
        MaxBoxes = Enumerable.Range(0, levels).Sum(level => NanoDetHead.CellsOf(signature, level));
    }

    /// <inheritdoc/>
    public int ClassCount { get; }

    /// <inheritdoc/>
    public int MaxBoxes { get; }

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes)
    {
        HeadValues.Require(_signature, outputs, boxes, MaxBoxes);
        int found = 0;
        for (int level = 0; level < _levels.Length; level++)
        {
            (int classes, int sides) = _levels[level];
            found += _head.Decode(
                level, outputs[classes].Span, ClassCount, ClassCount, outputs[sides].Span, NanoDetHead.Sides, _signature.Outputs[classes],
                minimumScore, boxes[found..]);
        }

        return found;
    }

    private (int Classes, int Sides) Find(int level)
    {
        int cells = NanoDetHead.CellsOf(_signature, level);
        int[] own = [.. Enumerable.Range(0, _signature.Outputs.Length).Where(i => _signature.Outputs[i].Shape[1] == cells)];
        int[] sides = [.. own.Where(i => _signature.Outputs[i].Shape[2] == NanoDetHead.Sides)];
        sides = sides.Length == 2 ? [.. sides.Where(i => IsOfSides(_signature.Outputs[i].Name))] : sides;
        return own.Length == 2 && sides is [int only] ? (own[0] == only ? own[1] : own[0], only) : throw Unexpected();
    }

    private static bool IsOfSides(string name) =>
        name.Contains("dis", StringComparison.OrdinalIgnoreCase) || name.Contains("box", StringComparison.OrdinalIgnoreCase);

    private DetectionException Unexpected() => new(
        "for each of the strides 8, 16 and 32, and 64 of Plus, the outputs 1 x cells x classes and 1 x cells x 32 were expected for an "
        + $"input of {_signature.InputWidth} x {_signature.InputHeight}; found {_signature.OutputsText}.");
}
