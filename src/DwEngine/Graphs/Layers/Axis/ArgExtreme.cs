using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Axis;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The place of the largest or smallest element along an axis, as Int64. Elements are Float32 or whole numbers; NaN is neither largest nor
/// smallest, unless it comes first.
/// </summary>
public sealed class ArgExtreme : Layer
{
    private readonly bool _isSmallest;

    private ArgExtreme(bool isSmallest, int axis, bool keepsAxis, bool takesLast) =>
        (_isSmallest, Axis, KeepsAxis, TakesLast) = (isSmallest, axis, keepsAxis, takesLast);

    /// <inheritdoc/>
    public override string Kind => _isSmallest ? "ArgMin" : "ArgMax";

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <summary>Whether the axis stays, with length 1.</summary>
    public bool KeepsAxis { get; }

    /// <summary>Whether the last of equal elements counts, not the first.</summary>
    public bool TakesLast { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [new("axis", Axis), new("keeps axis", KeepsAxis), .. TakesLast ? new[] { new LayerAttribute("takes last", true) } : []];

    /// <summary>The layer that finds the largest element.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="keepsAxis">Whether the axis stays, with length 1.</param>
    /// <param name="takesLast">Whether the last of equal elements counts, not the first.</param>
    public static ArgExtreme Largest(int axis = 0, bool keepsAxis = true, bool takesLast = false) => new(false, axis, keepsAxis, takesLast);

    /// <summary>The layer that finds the smallest element.</summary>
    /// <inheritdoc cref="Largest" path="/param"/>
    public static ArgExtreme Smallest(int axis = 0, bool keepsAxis = true, bool takesLast = false) => new(true, axis, keepsAxis, takesLast);

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNumbers(inputs[0]);
        LayerChecks.RequireRank(input, 1);
        int axis = LayerChecks.RequireAxis(input, Axis);
        Shape shape = KeepsAxis ? input.With(axis, 1) : new Shape([.. input.Dimensions[..axis], .. input.Dimensions[(axis + 1)..]]);
        return [new Fact(ElementType.Int64, shape)];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        long[] places =
        [
            .. AxisRows.Places(input.Shape, LayerChecks.RequireAxis(input.Shape, Axis)).Select(row => input.Type == ElementType.Float32
                ? (long)AxisReference.ArgExtreme([.. row.Select(place => input.Floats[place])], _isSmallest, TakesLast)
                : AxisReference.ArgExtreme<BigInteger>(
                    [.. row.Select(place => IntegerReference.Read(input.Type, input.Bytes, place))], _isSmallest, TakesLast)),
        ];
        return [Tensor.FromBytes(ElementType.Int64, Infer([Fact.Of(input)])[0].Shape, MemoryMarshal.AsBytes(places.AsSpan()).ToArray())];
    }

    internal override void Lower(ILowering lowering)
    {
        Fact input = lowering.InputFact(0);
        int axis = LayerChecks.RequireAxis(input.Shape, Axis), length = input.Shape[axis];
        AxisRows.Lower(lowering, axis, 1, 1, rows => new ArgExtremeProblem(input.Type, rows, length, _isSmallest, TakesLast));
    }
}
