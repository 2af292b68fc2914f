using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Axis;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The largest or smallest elements along an axis in order, and their places along it as Int64: two outputs. Elements are Float32 or whole
/// numbers. Of equal elements the first comes first; NaN is smaller than all else.
/// </summary>
public sealed class TopK : Layer
{
    private readonly int? _count;

    /// <summary>Creates a layer whose second input says how many: a constant vector of one Int64 or Int32.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="isSmallest">Whether the smallest are asked for.</param>
    public TopK(int axis = -1, bool isSmallest = false) => (Axis, IsSmallest) = (axis, isSmallest);

    /// <summary>Creates a layer that takes a certain number of elements.</summary>
    /// <param name="count">How many.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="isSmallest">Whether the smallest are asked for.</param>
    public TopK(int count, int axis, bool isSmallest = false)
        : this(axis, isSmallest) => _count = count;

    /// <inheritdoc/>
    public override string Kind => "TopK";

    /// <inheritdoc/>
    public override int MinimumInputs => MaximumInputs;

    /// <inheritdoc/>
    public override int MaximumInputs => _count is null ? 2 : 1;

    /// <inheritdoc/>
    public override int OutputCount => 2;

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <summary>Whether the smallest are asked for.</summary>
    public bool IsSmallest { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. _count is { } count ? new[] { new LayerAttribute("count", count) } : [], new("axis", Axis), new("smallest", IsSmallest)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireNumbers(inputs[0]);
        LayerChecks.RequireRank(inputs[0].Shape, 1);
        Shape shape = inputs[0].Shape.With(LayerChecks.RequireAxis(inputs[0].Shape, Axis), CountOf(inputs));
        return [new Fact(inputs[0].Type, shape), new Fact(ElementType.Int64, shape)];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        Shape shape = Infer(LayerChecks.FactsOf(inputs))[0].Shape;
        int axis = LayerChecks.RequireAxis(input.Shape, Axis), count = shape[axis], size = input.Type.Size();
        byte[] values = new byte[shape.ElementCount * size];
        long[] places = new long[shape.ElementCount];
        foreach ((int[] from, int[] to) in AxisRows.Places(input.Shape, axis).Zip(AxisRows.Places(shape, axis)))
        {
            int[] best = input.Type == ElementType.Float32
                ? AxisReference.TopK([.. from.Select(place => input.Floats[place])], count, IsSmallest)
                : AxisReference.TopK<BigInteger>(
                    [.. from.Select(place => IntegerReference.Read(input.Type, input.Bytes, place))], count, IsSmallest);
            for (int i = 0; i < count; i++)
            {
                input.Bytes.Slice(from[best[i]] * size, size).CopyTo(values.AsSpan(to[i] * size));
                places[to[i]] = best[i];
            }
        }

        return
        [
            Tensor.FromBytes(input.Type, shape, values),
            Tensor.FromBytes(ElementType.Int64, shape, MemoryMarshal.AsBytes(places.AsSpan()).ToArray()),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Fact input = lowering.InputFact(0);
        int axis = LayerChecks.RequireAxis(input.Shape, Axis), length = input.Shape[axis], count = lowering.OutputShape(0)[axis];
        AxisRows.Lower(lowering, axis, 2, count, rows => new TopKProblem(input.Type, rows, length, count, IsSmallest));
    }

    private int CountOf(ReadOnlySpan<Fact> inputs)
    {
        int length = inputs[0].Shape[LayerChecks.RequireAxis(inputs[0].Shape, Axis)];
        ImmutableArray<int> counts = _count is { } given ? [given] : LayerChecks.RequireIntegers(inputs[1], "the number of elements");
        return counts is [int count] && count > 0 && count <= length
            ? count
            : throw new ShapeException($"expected a number of elements from 1 to {length}, found [{string.Join(", ", counts)}].");
    }
}
