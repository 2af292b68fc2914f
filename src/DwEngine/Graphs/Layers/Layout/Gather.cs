using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The slices of its input at given indices along one axis (ONNX, operator Gather). The indices' shape takes the place of the axis.
/// They are Int64 or Int32 and may be computed in a run; negative ones count from the end. A run that meets an index beyond the axis throws
/// a <see cref="ShapeException"/>.
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
        Lookup.RequireIndices(inputs[1]);
        if (inputs[1].Constant is { } constant)
        {
            Lookup.RequirePositions(constant, input[axis]);
        }

        int[] dimensions = [.. input.Dimensions[..axis], .. indices.Dimensions, .. input.Dimensions[(axis + 1)..]];
        return dimensions.Length <= Shape.MaxRank
            ? [new Fact(inputs[0].Type, new Shape(dimensions))]
            : throw new ShapeException($"{Words.Count(dimensions.Length, "dimension")} are more than {Shape.MaxRank}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        inputs[1].Constant is not null && LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor indices = inputs[1];
        Shape positions = indices.Shape;
        int axis = LayerChecks.RequireAxis(inputs[0].Shape, Axis), length = inputs[0].Shape[axis];
        return
        [
            RearrangeReference.Run(inputs[0], Infer(LayerChecks.FactsOf(inputs))[0].Shape, output =>
            {
                int position = 0;
                for (int i = 0; i < positions.Rank; i++)
                {
                    position = (position * positions[i]) + output[axis + i];
                }

                return [.. output[..axis], Lookup.PositionOf(indices, position, length), .. output[(axis + positions.Rank)..]];
            }),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        if (lowering.InputFact(1).Constant is not null)
        {
            base.Lower(lowering);
            return;
        }

        Shape data = lowering.InputShape(0), indices = lowering.InputShape(1);
        int along = LayerChecks.RequireAxis(data, Axis);
        int[] dataSteps = Lookup.StepsOf(data), indexSteps = Lookup.StepsOf(indices);
        LookupAxis Kept(int axis) => new(data[axis], dataSteps[axis], 0);
        Lookup.Lower(
            lowering,
            [
                .. Enumerable.Range(0, along).Select(Kept),
                .. Enumerable.Range(0, indices.Rank).Select(axis => new LookupAxis(indices[axis], 0, indexSteps[axis])),
                .. Enumerable.Range(along + 1, data.Rank - along - 1).Select(Kept),
            ],
            [new ChosenAxis(data[along], dataSteps[along])]);
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        int gathered = LayerChecks.RequireAxis(input, Axis), length = input[gathered];
        Tensor constant = inputs[1].Constant!;
        ImmutableArray<int> indices =
            [.. Enumerable.Range(0, (int)constant.Shape.ElementCount).Select(place => Lookup.PositionOf(constant, place, length))];
        return (new Rearrangement(input, [.. Enumerable.Range(0, input.Rank).Select(SourceOf)]), 0);

        AxisSource SourceOf(int axis) => axis == gathered ? new AxisSource(axis, indices) : AxisSource.Whole(axis, input[axis]);
    }
}
