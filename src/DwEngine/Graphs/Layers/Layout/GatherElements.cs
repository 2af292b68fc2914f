using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// For each index the element of the first input at the index's own position, but for one axis, where the index says the position (ONNX,
/// operator GatherElements). Indices are Int64 or Int32 and may be computed in a run; negative ones count from the end. They have as many
/// dimensions as the first input, and no greater ones but along the axis. A run that meets an index beyond the axis throws a
/// <see cref="ShapeException"/>.
/// </summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class GatherElements(int axis = 0) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "GatherElements";

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
        (Fact data, Fact indices) = (inputs[0], inputs[1]);
        LayerChecks.RequireRank(data.Shape, 1);
        int along = LayerChecks.RequireAxis(data.Shape, Axis);
        Lookup.RequireIndices(indices);
        if (indices.Shape.Rank != data.Shape.Rank
            || Enumerable.Range(0, data.Shape.Rank).Any(i => i != along && indices.Shape[i] > data.Shape[i]))
        {
            throw new ShapeException($"expected indices that fit into {data.Shape} but for axis {along}, found {indices.Shape}.");
        }

        if (indices.Constant is { } constant)
        {
            Lookup.RequirePositions(constant, data.Shape[along]);
        }

        return [new Fact(data.Type, indices.Shape)];
    }

    /// <summary>No: the indices of an image may be fewer than its elements.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor data, Tensor indices) = (inputs[0], inputs[1]);
        int along = LayerChecks.RequireAxis(data.Shape, Axis), place = 0;
        return
        [
            RearrangeReference.Run(data, indices.Shape, output =>
            {
                int[] source = [.. output];
                source[along] = Lookup.PositionOf(indices, place++, data.Shape[along]);
                return source;
            }),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape data = lowering.InputShape(0), indices = lowering.InputShape(1);
        int along = LayerChecks.RequireAxis(data, Axis), rank = data.Rank;
        int[] dataSteps = Lookup.StepsOf(data), indexSteps = Lookup.StepsOf(indices);
        Lookup.Lower(
            lowering,
            [.. Enumerable.Range(0, rank).Select(i => new LookupAxis(indices[i], i == along ? 0 : dataSteps[i], indexSteps[i]))],
            [new ChosenAxis(data[along], dataSteps[along])]);
    }
}
