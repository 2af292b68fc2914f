using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// For each index the element of the first input at the index's own position, but for one axis, where the index says the position (ONNX,
/// operator GatherElements). Indices are Int64 or Int32 and may be computed in a run; negative ones count from the end. They have as many
/// dimensions as the first input, and no greater ones but along the axis. A run that meets an index beyond the axis throws a
/// <see cref="ShapeException"/>.
/// </summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class GatherElements(int axis = 0) : LookupLayer
{
    /// <inheritdoc/>
    public override string Kind => "GatherElements";

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    private protected override (int[] Dimensions, int FirstChosen, int ChosenCount) Arrange(Shape data, Shape indices)
    {
        int along = LayerChecks.RequireAxis(data, Axis);
        return indices.Rank == data.Rank && Enumerable.Range(0, data.Rank).All(i => i == along || indices[i] <= data[i])
            ? (indices.Dimensions.ToArray(), along, 1)
            : throw new ShapeException($"expected indices that fit into {data} but for axis {along}, found {indices}.");
    }

    private protected override int[] SourceOf(Shape data, Tensor indices, int[] output)
    {
        int along = LayerChecks.RequireAxis(data, Axis);
        int[] source = [.. output];
        source[along] = Lookup.PositionOf(indices, Lookup.PlaceOf(indices.Shape, output), data[along]);
        return source;
    }

    private protected override ImmutableArray<LookupAxis> AxesOf(Shape data, int[] dataSteps, Shape indices, int[] indexSteps)
    {
        int along = LayerChecks.RequireAxis(data, Axis);
        return
        [
            .. Enumerable.Range(0, data.Rank).Select(
                axis => new LookupAxis(indices[axis], axis == along ? 0 : dataSteps[axis], indexSteps[axis])),
        ];
    }
}
