using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>
/// The fluent methods for elementwise layers. Each takes an optional name for the node; inputs of several broadcast as in NumPy. They throw
/// what the methods of <see cref="ValueHandle"/> throw.
/// </summary>
public static class ElementwiseMethods
{
    /// <summary>Appends a <see cref="Unary"/> that is min(max(x, min), max).</summary>
    public static ValueHandle Clip(
        this ValueHandle x, double min = double.NegativeInfinity, double max = double.PositiveInfinity, string? name = null) =>
        x.Apply("Clip", () => new Unary("Clip", ("min", min), ("max", max)), name);

    /// <summary>Appends a <see cref="Unary"/> that is x where x is not negative, alpha x where it is.</summary>
    public static ValueHandle LeakyRelu(this ValueHandle x, double alpha = 0.01, string? name = null) =>
        x.Apply("LeakyRelu", () => new Unary("LeakyRelu", ("alpha", alpha)), name);

    /// <summary>Appends a <see cref="Unary"/> that is x where x is not negative, alpha (e^x - 1) where it is.</summary>
    public static ValueHandle Elu(this ValueHandle x, double alpha = 1, string? name = null) =>
        x.Apply("Elu", () => new Unary("Elu", ("alpha", alpha)), name);

    /// <summary>Appends a <see cref="Unary"/> that is gamma x where x is not negative, gamma alpha (e^x - 1) where it is.</summary>
    public static ValueHandle Selu(
        this ValueHandle x, double alpha = 1.6732632423543772, double gamma = 1.0507009873554805, string? name = null) =>
        x.Apply("Selu", () => new Unary("Selu", ("alpha", alpha), ("gamma", gamma)), name);

    /// <summary>Appends a <see cref="Unary"/> that is min(max(alpha x + beta, 0), 1).</summary>
    public static ValueHandle HardSigmoid(this ValueHandle x, double alpha = 0.2, double beta = 0.5, string? name = null) =>
        x.Apply("HardSigmoid", () => new Unary("HardSigmoid", ("alpha", alpha), ("beta", beta)), name);

    /// <summary>Appends a <see cref="Unary"/> that is 1 / (1 + e^-x).</summary>
    public static ValueHandle Sigmoid(this ValueHandle x, string? name = null) =>
        x.Apply("Sigmoid", () => new Unary("Sigmoid"), name);

    /// <summary>Appends a <see cref="Unary"/> that is x min(max(x + 3, 0), 6) / 6.</summary>
    public static ValueHandle HardSwish(this ValueHandle x, string? name = null) =>
        x.Apply("HardSwish", () => new Unary("HardSwish"), name);

    /// <summary>Appends a <see cref="Unary"/> that is x / (1 + e^-x).</summary>
    public static ValueHandle Silu(this ValueHandle x, string? name = null) => x.Apply("Silu", () => new Unary("Silu"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the hyperbolic tangent.</summary>
    public static ValueHandle Tanh(this ValueHandle x, string? name = null) => x.Apply("Tanh", () => new Unary("Tanh"), name);

    /// <summary>Appends a <see cref="Unary"/> that is log(1 + e^x).</summary>
    public static ValueHandle Softplus(this ValueHandle x, string? name = null) =>
        x.Apply("Softplus", () => new Unary("Softplus"), name);

    /// <summary>Appends a <see cref="Unary"/> that is x tanh(log(1 + e^x)).</summary>
    public static ValueHandle Mish(this ValueHandle x, string? name = null) => x.Apply("Mish", () => new Unary("Mish"), name);

    /// <summary>Appends a <see cref="Unary"/> that is e^x.</summary>
    public static ValueHandle Exp(this ValueHandle x, string? name = null) => x.Apply("Exp", () => new Unary("Exp"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the natural logarithm.</summary>
    public static ValueHandle Log(this ValueHandle x, string? name = null) => x.Apply("Log", () => new Unary("Log"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the square root.</summary>
    public static ValueHandle Sqrt(this ValueHandle x, string? name = null) => x.Apply("Sqrt", () => new Unary("Sqrt"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the absolute value.</summary>
    public static ValueHandle Abs(this ValueHandle x, string? name = null) => x.Apply("Abs", () => new Unary("Abs"), name);

    /// <summary>Appends a <see cref="Unary"/> that is 1 / x.</summary>
    public static ValueHandle Reciprocal(this ValueHandle x, string? name = null) =>
        x.Apply("Reciprocal", () => new Unary("Reciprocal"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the largest whole number that is not above x.</summary>
    public static ValueHandle Floor(this ValueHandle x, string? name = null) => x.Apply("Floor", () => new Unary("Floor"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the nearest whole number, the even one of two.</summary>
    public static ValueHandle Round(this ValueHandle x, string? name = null) => x.Apply("Round", () => new Unary("Round"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the error function.</summary>
    public static ValueHandle Erf(this ValueHandle x, string? name = null) => x.Apply("Erf", () => new Unary("Erf"), name);

    /// <summary>Appends a <see cref="Unary"/> that is the smallest whole number that is not below x.</summary>
    public static ValueHandle Ceiling(this ValueHandle x, string? name = null) => x.Apply("Ceil", () => new Unary("Ceil"), name);

    /// <summary>Appends a <see cref="Unary"/> that is -x.</summary>
    public static ValueHandle Negate(this ValueHandle x, string? name = null) => x.Apply("Neg", () => new Unary("Neg"), name);

    /// <summary>Appends a <see cref="Unary"/> that is x (1 + erf(x / sqrt 2)) / 2.</summary>
    /// <param name="x">The input.</param>
    /// <param name="approximate">Whether it is x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 instead.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public static ValueHandle Gelu(this ValueHandle x, bool approximate = false, string? name = null) =>
        x.Apply(new Unary(approximate ? "GeluTanh" : "Gelu"), name);

    /// <summary>Appends a <see cref="Layers.Binary"/> that is x minus the other.</summary>
    public static ValueHandle Subtract(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Sub"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is x times the other.</summary>
    public static ValueHandle Multiply(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Mul"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is x divided by the other.</summary>
    public static ValueHandle Divide(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Div"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is x to the power of the other.</summary>
    public static ValueHandle Power(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Pow"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is the smaller of both, NaN if one is NaN.</summary>
    public static ValueHandle Minimum(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Min"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is the larger of both, NaN if one is NaN.</summary>
    public static ValueHandle Maximum(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Binary("Max"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is x where x is not negative, x times the slope where it is.</summary>
    public static ValueHandle PRelu(this ValueHandle x, ValueHandle slope, string? name = null) =>
        x.Builder.Apply(new Binary("PRelu"), [x, slope], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is equal to the other.</summary>
    public static ValueHandle IsEqual(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Comparison("Equal"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is less than the other.</summary>
    public static ValueHandle IsLess(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Comparison("Less"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is less than the other or equal to it.</summary>
    public static ValueHandle IsLessOrEqual(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Comparison("LessOrEqual"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is more than the other.</summary>
    public static ValueHandle IsGreater(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Comparison("Greater"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is more than the other or equal to it.</summary>
    public static ValueHandle IsGreaterOrEqual(this ValueHandle x, ValueHandle other, string? name = null) =>
        x.Builder.Apply(new Comparison("GreaterOrEqual"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Binary"/> that is what is left of x divided by the other.</summary>
    /// <param name="x">The input.</param>
    /// <param name="other">The divisor.</param>
    /// <param name="isTruncated">Whether the result has the sign of x, as C's fmod; else that of the divisor.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public static ValueHandle Modulo(this ValueHandle x, ValueHandle other, bool isTruncated = false, string? name = null) =>
        x.Builder.Apply(new Binary(isTruncated ? "FMod" : "Mod"), [x, other], name)[0];

    /// <summary>Appends a <see cref="Layers.Comparison"/> that is true where x is NaN.</summary>
    public static ValueHandle IsNaN(this ValueHandle x, string? name = null) =>
        x.Builder.Apply(new Comparison("Unordered"), [x, x], name)[0];

    /// <summary>Appends layers whose result is true where x is infinite.</summary>
    /// <param name="x">The input.</param>
    /// <param name="positive">Whether positive infinity counts.</param>
    /// <param name="negative">Whether negative infinity counts; if neither does, no answer is true.</param>
    /// <param name="name">The name of the last node; generated if null.</param>
    public static ValueHandle IsInfinite(this ValueHandle x, bool positive = true, bool negative = true, string? name = null)
    {
        float infinity = positive ? float.PositiveInfinity : negative ? float.NegativeInfinity : float.NaN;
        return (positive && negative ? x.Abs() : x).IsEqual(x.Builder.Constant(Tensor.FromFloats(new Shape(), [infinity])), name);
    }

    /// <summary>Appends a <see cref="Layers.Where"/> of this condition, which is of type Bool.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="whenTrue">What counts where the condition is true.</param>
    /// <param name="whenFalse">What counts where it is false.</param>
    /// <param name="name">The node's name; generated if null.</param>
    public static ValueHandle Where(this ValueHandle condition, ValueHandle whenTrue, ValueHandle whenFalse, string? name = null) =>
        condition.Builder.Apply(new Where(), [condition, whenTrue, whenFalse], name)[0];
}
