using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>exp(x) over the sum of exp(x) along an axis.</summary>
/// <param name="axis">The axis; a negative one counts from the end.</param>
public sealed class Softmax(int axis = -1) : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "Softmax";

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; } = axis;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 1);
        _ = LayerChecks.RequireAxis(inputs[0], Axis);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = InferShapes([inputs[0].Shape])[0];
        float[] output = NewBuffer(shape);
        int axis = LayerChecks.RequireAxis(shape, Axis);
        if (axis == shape.Rank - 1)
        {
            int length = shape[axis];
            SoftmaxReference.Run(output.Length / length, length, inputs[0].Floats, output);
            return [Tensor.FromFloats(shape, output)];
        }

        // The permutation that exchanges two axes is its own inverse.
        var exchange = new Transpose(Exchange(shape, axis));
        return exchange.Reference(new Softmax().Reference(exchange.Reference(inputs).AsSpan()).AsSpan());
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        int axis = LayerChecks.RequireAxis(shape, Axis);
        if (axis == shape.Rank - 1)
        {
            int rows = lowering.Input(0).Length / shape[axis];
            Planes input = lowering.Input(0).Cut(rows);
            lowering.Emit(new SoftmaxProblem(input.Count, input.Length), [input], lowering.Allocate(0).Cut(rows));
            return;
        }

        // A kernel takes rows that lie in one piece, so the axis becomes the last one and goes back.
        ImmutableArray<int> exchange = Exchange(shape, axis);
        (Planes planes, int axes) = lowering.View(0);
        Rearrangement there = Rearrangement.Transpose(shape, exchange), back = Rearrangement.Transpose(there.Output, exchange);
        (planes, axes) = there.Place(lowering, planes, axes, ElementType.Float32);
        int usual = Planes.StandardAxes(there.Output);
        if (axes != usual)
        {
            (planes, axes) = Reshaping.Place(lowering, planes, there.Output);
        }

        int parts = planes.Length / there.Output[^1];
        Planes result = lowering.AllocateBetween(there.Output, axes);
        lowering.EmitBetween(
            new SoftmaxProblem(planes.Count * parts, there.Output[^1]), [planes.Cut(parts)], result.Cut(parts), there.Output);
        (planes, axes) = back.Place(lowering, result, axes, ElementType.Float32);
        lowering.Alias(0, planes, axes);
    }

    private static ImmutableArray<int> Exchange(Shape shape, int axis)
    {
        int[] order = [.. Enumerable.Range(0, shape.Rank)];
        (order[axis], order[^1]) = (order[^1], order[axis]);
        return [.. order];
    }
}
