using System.Collections.Immutable;
using System.Numerics;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Axis;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The sum of each element and of those before it along an axis. Elements are Float32 or whole numbers; sums that such an element has no
/// room for wrap around.
/// </summary>
public sealed class CumulativeSum : Layer
{
    private readonly int? _axis;

    /// <summary>Creates the layer.</summary>
    /// <param name="axis">The axis; a negative one counts from the end. If null, a second input says it, a constant Int64 or Int32.</param>
    /// <param name="isExclusive">Whether the element itself does not count.</param>
    /// <param name="isReverse">Whether those behind it count, not those before it.</param>
    public CumulativeSum(int? axis = null, bool isExclusive = false, bool isReverse = false) =>
        (_axis, IsExclusive, IsReverse) = (axis, isExclusive, isReverse);

    /// <inheritdoc/>
    public override string Kind => "CumSum";

    /// <inheritdoc/>
    public override int MinimumInputs => MaximumInputs;

    /// <inheritdoc/>
    public override int MaximumInputs => _axis is null ? 2 : 1;

    /// <summary>Whether the element itself does not count.</summary>
    public bool IsExclusive { get; }

    /// <summary>Whether those behind it count, not those before it.</summary>
    public bool IsReverse { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [.. _axis is { } axis ? new[] { new LayerAttribute("axis", axis) } : [], new("exclusive", IsExclusive), new("reverse", IsReverse)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireNumbers(inputs[0]);
        LayerChecks.RequireRank(inputs[0].Shape, 1);
        _ = AxisOf(inputs);
        return [inputs[0] with { Constant = null }];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => AxisOf(inputs) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        byte[] output = new byte[input.Bytes.Length];
        foreach (int[] row in AxisRows.Places(input.Shape, AxisOf(LayerChecks.FactsOf(inputs))))
        {
            int[] places = IsReverse ? [.. row.Reverse()] : row;
            (double sum, BigInteger whole) = (0, 0);
            foreach (int place in places)
            {
                double before = sum;
                BigInteger wholeBefore = whole;
                if (input.Type == ElementType.Float32)
                {
                    sum += input.Floats[place];
                    BitConverter.TryWriteBytes(output.AsSpan(place * sizeof(float)), (float)(IsExclusive ? before : sum));
                }
                else
                {
                    whole += IntegerReference.Read(input.Type, input.Bytes, place);
                    IntegerReference.Write(input.Type, output, place, IsExclusive ? wholeBefore : whole);
                }
            }
        }

        return [Tensor.FromBytes(input.Type, input.Shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Fact input = lowering.InputFact(0);
        int axis = AxisOf(lowering.InputCount > 1 ? [input, lowering.InputFact(1)] : [input]), length = input.Shape[axis];
        AxisRows.Lower(lowering, axis, 1, length, rows => new CumulativeSumProblem(input.Type, rows, length, IsExclusive, IsReverse));
    }

    private int AxisOf(ReadOnlySpan<Fact> inputs)
    {
        ImmutableArray<int> axes = _axis is { } given ? [given] : LayerChecks.RequireIntegers(inputs[1], "the axis");
        return axes is [int axis]
            ? LayerChecks.RequireAxis(inputs[0].Shape, axis)
            : throw new ShapeException($"expected one axis, found [{string.Join(", ", axes)}].");
    }
}
