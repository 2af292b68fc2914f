using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Puts its inputs one after the other along an axis: their channels, if no other is named. All other dimensions and the types must agree.
/// </summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class Concat(int axis = 1) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Concat";

    /// <inheritdoc/>
    public override int MaximumInputs => int.MaxValue;

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape first = inputs[0].Shape;
        long length = 0;
        int axis = LayerChecks.RequireAxis(first, Axis);
        foreach (Fact input in inputs)
        {
            LayerChecks.RequireNotEmpty(input.Shape);
            if (input.Type != inputs[0].Type || input.Shape.Rank != first.Rank || input.Shape.With(axis, first[axis]) != first)
            {
                throw new ShapeException($"expected inputs that differ in axis {axis} only, found {inputs[0]} and {input}.");
            }

            length += input.Shape[axis];
        }

        return length <= int.MaxValue
            ? [new Fact(inputs[0].Type, first.With(axis, (int)length))]
            : throw new ShapeException($"axis {axis} would have {Words.Count(length, "element")}, more than can be counted in 32 bits.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Fact output = Infer(LayerChecks.FactsOf(inputs))[0];
        int axis = LayerChecks.RequireAxis(output.Shape, Axis), outer = AxisParts.Before(output.Shape, axis);
        var bytes = new List<byte>();
        for (int part = 0; part < outer; part++)
        {
            foreach (Tensor input in inputs)
            {
                int length = input.Bytes.Length / outer;
                bytes.AddRange(input.Bytes.Slice(part * length, length));
            }
        }

        return [Tensor.FromBytes(output.Type, output.Shape, [.. bytes])];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.OutputShape(0);
        int axis = LayerChecks.RequireAxis(shape, Axis), outer = AxisParts.Before(shape, axis), inputs = lowering.InputCount;
        if (AxisParts.TryPlaneAxes(shape, axis) is { } axes)
        {
            lowering.Alias(
                0,
                Planes.Merge(
                    from part in Enumerable.Range(0, outer)
                    from index in Enumerable.Range(0, inputs)
                    let planes = lowering.Input(index, axes)
                    let count = planes.Count / outer
                    select planes.Select(Enumerable.Range(part * count, count))),
                axes);
            return;
        }

        // The axis lies within planes.
        Planes output = lowering.Allocate(0, shape.Rank - axis);
        int start = 0;
        for (int index = 0; index < inputs; index++)
        {
            Planes input = lowering.Input(index, shape.Rank - axis);
            lowering.Emit(new CopyProblem(input.Count, input.Length, input.ElementSize), [input], output.Slice(start, input.Length));
            start += input.Length;
        }
    }
}
