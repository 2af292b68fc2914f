using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The slices of its input at given indices along one axis (ONNX, operator Gather). The indices' shape takes the place of the axis.
/// Negative indices count from the end.
/// </summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class Gather(int axis = 0) : RearrangingLayer
{
    /// <inheritdoc/>
    public override string Kind => "Gather";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, indices = inputs[1].Shape;
        LayerChecks.RequireRank(input, 1);
        int axis = LayerChecks.RequireAxis(input, Axis);
        _ = IndicesOf(inputs);
        int[] dimensions = [.. input.Dimensions[..axis], .. indices.Dimensions, .. input.Dimensions[(axis + 1)..]];
        return dimensions.Length <= Shape.MaxRank
            ? [new Fact(inputs[0].Type, new Shape(dimensions))]
            : throw new ShapeException($"{Words.Count(dimensions.Length, "dimension")} are more than {Shape.MaxRank}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Fact[] facts = LayerChecks.FactsOf(inputs);
        ImmutableArray<int> indices = IndicesOf(facts);
        Shape positions = inputs[1].Shape;
        int axis = LayerChecks.RequireAxis(inputs[0].Shape, Axis);
        return
        [
            RearrangeReference.Run(inputs[0], Infer(facts)[0].Shape, output =>
            {
                int position = 0;
                for (int i = 0; i < positions.Rank; i++)
                {
                    position = (position * positions[i]) + output[axis + i];
                }

                return [.. output[..axis], indices[position], .. output[(axis + positions.Rank)..]];
            }),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        int gathered = LayerChecks.RequireAxis(input, Axis);
        ImmutableArray<int> indices = IndicesOf(inputs);
        return (new Rearrangement(input, [.. Enumerable.Range(0, input.Rank).Select(SourceOf)]), 0);

        AxisSource SourceOf(int axis) => axis == gathered ? new AxisSource(axis, indices) : AxisSource.Whole(axis, input[axis]);
    }

    private ImmutableArray<int> IndicesOf(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        int length = input[LayerChecks.RequireAxis(input, Axis)];
        ImmutableArray<int> indices = LayerChecks.RequireIntegers(inputs[1], "the indices", anyRank: true);
        return indices.Length > 0 && indices.All(index => index >= -length && index < length)
            ? [.. indices.Select(index => index < 0 ? index + length : index)]
            : throw new ShapeException($"expected indices from {-length} to {length - 1}, found [{string.Join(", ", indices.Take(16))}].");
    }
}
