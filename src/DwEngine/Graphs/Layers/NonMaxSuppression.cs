using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Kernels.Selection;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The boxes of each class, the best first, that do not overlap a better one of their class too much (ONNX, operator NonMaxSuppression).
/// Inputs are the boxes, N x B x 4, the scores, N x C x B, and three constants of one element: how many boxes of a class of an image are
/// taken at most, above which intersection over union a box goes (0 to 1), and, if it is given, above which score boxes count.
/// The output is rows of three Int64: image, class and box. There are as many rows as there can be at most; a run tells how many there are:
/// those behind the last are -1, and the fact says so (<see cref="Fact.HasPaddedRows"/>). NaN is no score that counts.
/// </summary>
/// <param name="isCentered">
/// Whether boxes are the middle and the size (x, y, width, height), not two corners (y, x, y, x) that lie across from each other.
/// </param>
public sealed class NonMaxSuppression(bool isCentered = false) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "NonMaxSuppression";

    /// <inheritdoc/>
    public override int MinimumInputs => 4;

    /// <inheritdoc/>
    public override int MaximumInputs => 5;

    /// <summary>Whether boxes are the middle and the size, not two corners.</summary>
    public bool IsCentered { get; } = isCentered;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("centered", IsCentered)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) =>
        [new Fact(ElementType.Int64, new Shape(ProblemOf(inputs).Rows, 3)) { HasPaddedRows = true }];

    /// <summary>No: the rows of all images follow one another.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        NonMaxSuppressionProblem problem = ProblemOf(LayerChecks.FactsOf(inputs));
        long[] rows = NonMaxSuppressionReference.Run(problem, inputs[0].Floats.ToArray(), inputs[1].Floats.ToArray());
        return [Tensor.FromBytes(ElementType.Int64, new Shape(problem.Rows, 3), MemoryMarshal.AsBytes(rows.AsSpan()).ToArray())];
    }

    internal override void Lower(ILowering lowering)
    {
        Fact[] facts = [.. Enumerable.Range(0, lowering.InputCount).Select(lowering.InputFact)];
        lowering.Emit(ProblemOf(facts), [lowering.Input(0, 3), lowering.Input(1, 3)], lowering.Allocate(0, 2));
    }

    private NonMaxSuppressionProblem ProblemOf(ReadOnlySpan<Fact> inputs)
    {
        (Shape boxes, Shape scores) = (inputs[0].Shape, inputs[1].Shape);
        LayerChecks.RequireFloat32(inputs[0]);
        LayerChecks.RequireFloat32(inputs[1]);
        if (boxes.Rank != 3 || scores.Rank != 3 || boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2]
            || boxes.ElementCount == 0 || scores.ElementCount == 0)
        {
            throw new ShapeException($"expected boxes N x B x 4 and scores N x C x B, none empty, found {boxes} and {scores}.");
        }

        int most = LayerChecks.RequireIntegers(inputs[2], "the number of boxes") is [int told]
            ? Math.Clamp(told, 0, boxes[1])
            : throw new ShapeException($"expected one number of boxes, found {inputs[2]}.");
        float overlap = NumberOf(inputs[3], "the overlap");
        if (!(overlap is >= 0 and <= 1))
        {
            throw new ShapeException($"expected an overlap of 0 to 1, found {overlap}.");
        }

        float? minimum = inputs.Length > 4 ? NumberOf(inputs[4], "the score") : null;
        long rows = Math.Max(1, (long)boxes[0] * scores[1] * most);
        return rows <= int.MaxValue / 3
            ? new NonMaxSuppressionProblem(boxes[0], scores[1], boxes[1], most, (int)rows, IsCentered, overlap, minimum)
            : throw new ShapeException($"{rows} rows, {most} for each of {scores[1]} classes, are more than can be counted in 32 bits.");
    }

    private static float NumberOf(Fact fact, string what) =>
        fact is { Type: ElementType.Float32, Shape.ElementCount: 1, Constant: { } constant }
            ? constant.Floats[0]
            : throw new ShapeException($"expected {what} as one constant Float32, found {fact}.");
}
