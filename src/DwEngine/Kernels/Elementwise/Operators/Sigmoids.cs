using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Reference;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>1 / (1 + e^-x). At most 3 units in the last place off.</summary>
internal readonly record struct Sigmoid : IUnaryOperator<Sigmoid>
{
    public static OperatorTraits Traits { get; } = new("Sigmoid", new Accuracy(3)) { IsActivation = true };

    public static Sigmoid Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => LogisticFunction<TVector>.Of(x);

    public double Exact(double x) => 1 / (1 + Math.Exp(-x));
}

/// <summary>min(max(alpha x + beta, 0), 1). Rounded once.</summary>
/// <param name="Alpha">alpha.</param>
/// <param name="Beta">beta.</param>
internal readonly record struct HardSigmoid(float Alpha, float Beta) : IUnaryOperator<HardSigmoid>
{
    public static OperatorTraits Traits { get; } = new(
        "HardSigmoid", new Accuracy(0.5), new OperatorParameter("alpha", 0.2f), new OperatorParameter("beta", 0.5f))
    { IsActivation = true };

    public ImmutableArray<float> Parameters => [Alpha, Beta];

    public static HardSigmoid Create(ReadOnlySpan<float> parameters) => new(parameters[0], parameters[1]);

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Clamp(
            TVector.MultiplyAdd(x, TVector.Broadcast(Alpha), TVector.Broadcast(Beta)), TVector.Broadcast(0), TVector.Broadcast(1));

    public double Exact(double x) => Math.Min(Math.Max((Alpha * x) + Beta, 0), 1);
}

/// <summary>x min(max(x + 3, 0), 6) / 6. At most 2.5 units in the last place off.</summary>
internal readonly record struct HardSwish : IUnaryOperator<HardSwish>
{
    public static OperatorTraits Traits { get; } = new("HardSwish", new Accuracy(2.5)) { IsActivation = true };

    public static HardSwish Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Multiply(
            TVector.Multiply(x, TVector.Broadcast(1f / 6)),
            TVector.Clamp(TVector.Add(x, TVector.Broadcast(3)), TVector.Broadcast(0), TVector.Broadcast(6)));

    public double Exact(double x) => x * Math.Min(Math.Max(x + 3, 0), 6) / 6;
}

/// <summary>x / (1 + e^-x). At most 4 units in the last place off, or 1e-36.</summary>
internal readonly record struct Silu : IUnaryOperator<Silu>
{
    public static OperatorTraits Traits { get; } = new("Silu", new Accuracy(4, 1e-36)) { IsActivation = true };

    public static Silu Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => LogisticFunction<TVector>.TimesArgument(x);

    // The limit, not minus infinity over infinity.
    public double Exact(double x) => double.IsNegativeInfinity(x) ? 0 : x / (1 + Math.Exp(-x));
}

/// <summary>The hyperbolic tangent. At most 1.5 units in the last place off.</summary>
internal readonly record struct Tanh : IUnaryOperator<Tanh>
{
    public static OperatorTraits Traits { get; } = new("Tanh", new Accuracy(1.5)) { IsActivation = true };

    public static Tanh Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => HyperbolicTangent<TVector>.Of(x);

    public double Exact(double x) => Math.Tanh(x);
}

/// <summary>x (1 + erf(x / sqrt 2)) / 2. At most 7 units in the last place off, or 2e-43.</summary>
internal readonly record struct Gelu : IUnaryOperator<Gelu>
{
    public static OperatorTraits Traits { get; } = new("Gelu", new Accuracy(7, 2e-43)) { IsActivation = true };

    public static Gelu Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Multiply(x, ErrorFunction<TVector>.NormalDistribution(x));

    public double Exact(double x) => x * ErrorFunctionReference.Complement(-x / Math.Sqrt(2)) / 2;
}

/// <summary>x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. At most 4 units in the last place off, or 3e-7.</summary>
internal readonly record struct GeluTanh : IUnaryOperator<GeluTanh>
{
    // 2 sqrt(2 / pi), and 0.044715 times that.
    private const float Linear = 1.59576912f;
    private const float Cubic = 0.0713548163f;

    public static OperatorTraits Traits { get; } = new("GeluTanh", new Accuracy(4, 3e-7)) { IsActivation = true };

    public static GeluTanh Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        // (1 + tanh u) / 2 is the logistic function of 2 u, in which nothing cancels.
        TVector cubic = TVector.MultiplyAdd(TVector.Multiply(x, x), TVector.Broadcast(Cubic), TVector.Broadcast(Linear));
        return TVector.Multiply(x, LogisticFunction<TVector>.Of(TVector.Multiply(x, cubic)));
    }

    public double Exact(double x) => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}

/// <summary>log(1 + e^x). At most 3 units in the last place off.</summary>
internal readonly record struct Softplus : IUnaryOperator<Softplus>
{
    public static OperatorTraits Traits { get; } = new("Softplus", new Accuracy(3));

    public static Softplus Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        TVector power = Exponential<TVector>.Of(TVector.Or(x, TVector.Broadcast(FloatBits.Sign)));
        return TVector.Add(TVector.Max(x, TVector.Broadcast(0)), Logarithm<TVector>.OfOnePlus(power));
    }

    public double Exact(double x) => Math.Max(x, 0) + ExponentialReference.LogOnePlus(Math.Exp(-Math.Abs(x)));
}

/// <summary>x tanh(log(1 + e^x)). At most 5 units in the last place off, or 2e-43.</summary>
internal readonly record struct Mish : IUnaryOperator<Mish>
{
    public static OperatorTraits Traits { get; } = new("Mish", new Accuracy(5, 2e-43)) { IsActivation = true };

    public static Mish Create(ReadOnlySpan<float> parameters) => new();

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        // tanh(log(1 + w)) = n / (n + 2) with n = w (w + 2). From e^30 on that is 1.
        TVector two = TVector.Broadcast(2);
        TVector w = Exponential<TVector>.Of(TVector.Clamp(x, TVector.Broadcast(float.NegativeInfinity), TVector.Broadcast(30)));
        TVector n = TVector.Multiply(w, TVector.Add(w, two));
        return TVector.Multiply(x, TVector.Divide(n, TVector.Add(n, two)));
    }

    public double Exact(double x) => x * Math.Tanh(Math.Max(x, 0) + ExponentialReference.LogOnePlus(Math.Exp(-Math.Abs(x))));
}
