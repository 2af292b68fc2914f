using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// The fluent methods for layers that compute along axes, and for normalisations. Each takes an optional name for the node. They throw
/// what the methods of <see cref="ValueHandle"/> throw.
/// </summary>
public static class AxisMethods
{
    /// <summary>Appends a <see cref="Layers.LogSoftmax"/>.</summary>
    public static ValueHandle LogSoftmax(this ValueHandle x, int axis = -1, string? name = null) => x.Apply(new LogSoftmax(axis), name);

    /// <summary>Appends a <see cref="Layers.Hardmax"/>.</summary>
    public static ValueHandle Hardmax(this ValueHandle x, int axis = -1, string? name = null) => x.Apply(new Hardmax(axis), name);

    /// <summary>Appends an <see cref="ArgExtreme"/> that finds the largest element.</summary>
    public static ValueHandle ArgMax(
        this ValueHandle x, int axis = 0, bool keepsAxis = true, bool takesLast = false, string? name = null) =>
        x.Apply(ArgExtreme.Largest(axis, keepsAxis, takesLast), name);

    /// <summary>Appends an <see cref="ArgExtreme"/> that finds the smallest element.</summary>
    public static ValueHandle ArgMin(
        this ValueHandle x, int axis = 0, bool keepsAxis = true, bool takesLast = false, string? name = null) =>
        x.Apply(ArgExtreme.Smallest(axis, keepsAxis, takesLast), name);

    /// <summary>Appends a <see cref="Layers.TopK"/>.</summary>
    public static (ValueHandle Values, ValueHandle Places) TopK(
        this ValueHandle x, int count, int axis = -1, bool isSmallest = false, string? name = null)
    {
        ValueHandle[] outputs = x.Builder.Apply(new TopK(count, axis, isSmallest), [x], name);
        return (outputs[0], outputs[1]);
    }

    /// <summary>Appends a <see cref="CumulativeSum"/>.</summary>
    public static ValueHandle CumulativeSum(
        this ValueHandle x, int axis, bool isExclusive = false, bool isReverse = false, string? name = null) =>
        x.Apply(new CumulativeSum(axis, isExclusive, isReverse), name);

    /// <summary>Appends a <see cref="Layers.InstanceNorm"/>.</summary>
    public static ValueHandle InstanceNorm(this ValueHandle x, Tensor scale, Tensor shift, double epsilon = 1e-5, string? name = null) =>
        x.Builder.Apply(
            "InstanceNorm", () => new InstanceNorm(epsilon), [x, x.Builder.Constant(scale), x.Builder.Constant(shift)], name)[0];

    /// <summary>Appends a <see cref="Layers.LayerNorm"/>.</summary>
    public static ValueHandle LayerNorm(
        this ValueHandle x, Tensor scale, Tensor shift, int axis = -1, double epsilon = 1e-5, string? name = null) =>
        x.Builder.Apply(
            "LayerNorm", () => new LayerNorm(axis, epsilon), [x, x.Builder.Constant(scale), x.Builder.Constant(shift)], name)[0];

    /// <summary>Appends a <see cref="Layers.GroupNorm"/>.</summary>
    public static ValueHandle GroupNorm(
        this ValueHandle x, int groups, Tensor scale, Tensor shift, double epsilon = 1e-5, string? name = null) =>
        x.Builder.Apply(
            "GroupNorm", () => new GroupNorm(groups, epsilon), [x, x.Builder.Constant(scale), x.Builder.Constant(shift)], name)[0];

    /// <summary>Appends a <see cref="Layers.LocalResponseNorm"/>.</summary>
    public static ValueHandle LocalResponseNorm(
        this ValueHandle x, int size, double alpha = 1e-4, double beta = 0.75, double bias = 1, string? name = null) =>
        x.Apply("LocalResponseNorm", () => new LocalResponseNorm(size, alpha, beta, bias), name);

    /// <summary>Appends layers that divide by the sum of absolute values along an axis, or by the root of the sum of squares.</summary>
    /// <param name="x">The input.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="power">1 for absolute values, 2 for squares.</param>
    /// <param name="name">The name of the last node; generated if null.</param>
    public static ValueHandle LpNorm(this ValueHandle x, int axis = -1, int power = 2, string? name = null) => power is 1 or 2
        ? x.Divide(x.Reduce($"L{power}", [axis]), name)
        : throw new GraphException($"Node '{name ?? "lpnorm"}' (LpNorm): expected the power 1 or 2, found {power}.");

    /// <summary>Appends layers that add up several values, which broadcast as in NumPy.</summary>
    public static ValueHandle Sum(this GraphBuilder builder, ReadOnlySpan<ValueHandle> values, string? name = null) =>
        Sum(builder, values, name, "sum");

    /// <summary>Appends layers for the mean of several values, which broadcast as in NumPy.</summary>
    public static ValueHandle Mean(this GraphBuilder builder, ReadOnlySpan<ValueHandle> values, string? name = null)
    {
        ValueHandle sum = Sum(builder, values, null, name ?? "mean");
        return sum.Divide(builder.Constant(Tensor.FromFloats(new Shape(), [values.Length])), name);
    }

    private static ValueHandle Sum(GraphBuilder builder, ReadOnlySpan<ValueHandle> values, string? name, string place)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (values.Length < 2)
        {
            return values.Length == 1
                ? values[0].Apply(new Reduce("Sum", [], isIdentityWithoutAxes: true), name)
                : throw new GraphException($"Node '{place}' (Sum): expected one value or more, found none.");
        }

        ValueHandle sum = values[0];
        for (int i = 1; i < values.Length; i++)
        {
            sum = sum.Add(values[i], i == values.Length - 1 ? name : null);
        }

        return sum;
    }
}
