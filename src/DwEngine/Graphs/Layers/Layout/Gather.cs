using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The slices of its input at given indices along one axis (ONNX, operator Gather). The indices' shape takes the place of the axis.
/// They are Int64 or Int32 and may be computed in a run; negative ones count from the end. A run that meets an index beyond the axis throws
/// a <see cref="ShapeException"/>.
/// </summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class Gather(int axis = 0) : LookupLayer
{
    /// <inheritdoc/>
    public override string Kind => "Gather";

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        inputs[1].Constant is not null && LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    // Constant indices only rearrange planes.
    internal override void Lower(ILowering lowering)
    {
        if (lowering.InputFact(1).Constant is not { } constant)
        {
            base.Lower(lowering);
            return;
        }

        Shape data = lowering.InputShape(0);
        int gathered = LayerChecks.RequireAxis(data, Axis), length = data[gathered];
        ImmutableArray<int> indices =
            [.. Enumerable.Range(0, (int)constant.Shape.ElementCount).Select(place => Lookup.PositionOf(constant, place, length))];
        new Rearrangement(data, [.. Enumerable.Range(0, data.Rank).Select(SourceOf)]).Lower(lowering);

        AxisSource SourceOf(int axis) => axis == gathered ? new AxisSource(axis, indices) : AxisSource.Whole(axis, data[axis]);
    }

    private protected override (int[] Dimensions, int FirstChosen, int ChosenCount) Arrange(Shape data, Shape indices)
    {
        int along = LayerChecks.RequireAxis(data, Axis);
        return ([.. data.Dimensions[..along], .. indices.Dimensions, .. data.Dimensions[(along + 1)..]], along, 1);
    }

    private protected override int[] SourceOf(Shape data, Tensor indices, int[] output)
    {
        int along = LayerChecks.RequireAxis(data, Axis), end = along + indices.Shape.Rank;
        int place = Lookup.PlaceOf(indices.Shape, output.AsSpan()[along..end]);
        return [.. output[..along], Lookup.PositionOf(indices, place, data[along]), .. output[end..]];
    }

    private protected override ImmutableArray<LookupAxis> AxesOf(Shape data, int[] dataSteps, Shape indices, int[] indexSteps)
    {
        int along = LayerChecks.RequireAxis(data, Axis);
        LookupAxis Kept(int axis) => new(data[axis], dataSteps[axis], 0);
        return
        [
            .. Enumerable.Range(0, along).Select(Kept),
            .. Enumerable.Range(0, indices.Rank).Select(axis => new LookupAxis(indices[axis], 0, indexSteps[axis])),
            .. Enumerable.Range(along + 1, data.Rank - along - 1).Select(Kept),
        ];
    }
}
