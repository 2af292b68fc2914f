using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes a matrix of its input: the dimensions before an axis become one, and so do the others. The elements, of any type, keep their
/// order.
/// </summary>
/// <param name="axis">The first axis of the rows; a negative one counts from the end, and that behind the last makes rows of one
/// element.</param>
public sealed class Flatten(int axis = 1) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Flatten";

    /// <summary>The first axis of the rows; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => Axis == 1 ? [] : [new("axis", Axis)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireRank(input, Axis == 1 ? 1 : 0);
        int axis = Axis == input.Rank ? Axis : LayerChecks.RequireAxis(input, Axis);
        long rows = 1;
        foreach (int dimension in input.Dimensions[..axis])
        {
            rows *= dimension;
        }

        long length = input.ElementCount / rows;
        return length <= int.MaxValue && rows <= int.MaxValue
            ? [new Fact(inputs[0].Type, new Shape((int)rows, (int)length))]
            : throw new ShapeException($"the rows of input {input} have more elements than can be counted in 32 bits.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        inputs[0].Shape.Rank > 0 && Infer(inputs)[0].Shape[0] == inputs[0].Shape[0];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
        [Tensor.FromBytes(inputs[0].Type, Infer([Fact.Of(inputs[0])])[0].Shape, inputs[0].Bytes.ToArray())];

    internal override void Lower(ILowering lowering)
    {
        if (Axis != 1)
        {
            (Planes placed, int axes) = Reshaping.Place(lowering, lowering.View(0).Planes, lowering.OutputFact(0));
            lowering.Alias(0, placed, axes);
            return;
        }

        Planes input = lowering.Input(0);
        int rows = lowering.OutputShape(0)[0];
        // The elements of a vector lie in one plane; each becomes a row.
        if (input.Count < rows)
        {
            lowering.Alias(0, input.Cut(rows));
            return;
        }

        int pieces = input.Count / rows;
        if (input.TryJoin(pieces) is { } joined)
        {
            lowering.Alias(0, joined);
            return;
        }

        lowering.Emit(new CopyProblem(input.Count, input.Length, input.ElementSize), [input], lowering.Allocate(0).Cut(pieces));
    }
}
