using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using DwEngine.Kernels.Reference;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>max(x, 0). Exact.</summary>
internal readonly record struct Relu : IUnaryOperator<Relu>
{
    public static OperatorTraits Traits { get; } = new("Relu", new Accuracy(0)) { IsActivation = true };

    public Clamp? AsClamp => Clamp.Relu;

    public static Relu Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Clamp(x, TVector.Broadcast(0), TVector.Broadcast(float.PositiveInfinity));

    public double Exact(double x) => Math.Max(x, 0);
}

/// <summary>min(max(x, 0), 6). Exact.</summary>
internal readonly record struct Relu6 : IUnaryOperator<Relu6>
{
    public static OperatorTraits Traits { get; } = new("Relu6", new Accuracy(0)) { IsActivation = true };

    public Clamp? AsClamp => Clamp.Relu6;

    public static Relu6 Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Clamp(x, TVector.Broadcast(0), TVector.Broadcast(6));

    public double Exact(double x) => Math.Min(Math.Max(x, 0), 6);
}

/// <summary>min(max(x, min), max). Exact.</summary>
/// <param name="Low">The smallest result.</param>
/// <param name="High">The largest result; it counts where the bounds contradict each other.</param>
internal readonly record struct Clip(float Low, float High) : IUnaryOperator<Clip>
{
    public static OperatorTraits Traits { get; } = new(
        "Clip",
        new Accuracy(0),
        new OperatorParameter("min", float.NegativeInfinity),
        new OperatorParameter("max", float.PositiveInfinity))
    { IsActivation = true };

    public Clamp? AsClamp => new Clamp(Low, High);

    // The vocabulary knows no upper bound of -0.
    public static Clip Create(ReadOnlySpan<float> parameters) => new(parameters[0], parameters[1] == 0 ? 0 : parameters[1]);

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Clamp(x, TVector.Broadcast(Low), TVector.Broadcast(High));

    public double Exact(double x) => Math.Min(Math.Max(x, Low), High);
}

/// <summary>x where x is not negative, alpha x where it is. Rounded once.</summary>
/// <param name="Alpha">alpha.</param>
internal readonly record struct LeakyRelu(float Alpha) : IUnaryOperator<LeakyRelu>
{
    public static OperatorTraits Traits { get; } = new(
        "LeakyRelu", new Accuracy(0.5), new OperatorParameter("alpha", 0.01f))
    { IsActivation = true };

    public ImmutableArray<float> Parameters => [Alpha];

    public static LeakyRelu Create(ReadOnlySpan<float> parameters) => new(parameters[0]);

    public Finisher? FinisherFor(Isa isa) => Finisher.Of(this, isa);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> =>
            TVector.Select(TVector.Less(x, TVector.Broadcast(0)), TVector.Multiply(x, TVector.Broadcast(Alpha)), x);

    public double Exact(double x) => x < 0 ? Alpha * x : x;
}

/// <summary>x where x is not negative, alpha (e^x - 1) where it is. At most 2.5 units in the last place off.</summary>
/// <param name="Alpha">alpha.</param>
internal readonly record struct Elu(float Alpha) : IUnaryOperator<Elu>
{
    public static OperatorTraits Traits { get; } = new("Elu", new Accuracy(2.5), new OperatorParameter("alpha", 1));

    public static Elu Create(ReadOnlySpan<float> parameters) => new(parameters[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Select(
            TVector.Less(x, TVector.Broadcast(0)), TVector.Multiply(Exponential<TVector>.MinusOne(x), TVector.Broadcast(Alpha)), x);

    public double Exact(double x) => x < 0 ? Alpha * ExponentialReference.MinusOne(x) : x;
}

/// <summary>gamma x where x is not negative, gamma alpha (e^x - 1) where it is. At most 4 units in the last place off.</summary>
/// <param name="Alpha">alpha.</param>
/// <param name="Gamma">gamma.</param>
internal readonly record struct Selu(float Alpha, float Gamma) : IUnaryOperator<Selu>
{
    public static OperatorTraits Traits { get; } = new(
        "Selu", new Accuracy(4), new OperatorParameter("alpha", 1.67326319f), new OperatorParameter("gamma", 1.05070102f));

    public static Selu Create(ReadOnlySpan<float> parameters) => new(parameters[0], parameters[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Multiply(new Elu(Alpha).Apply<TVector>(x), TVector.Broadcast(Gamma));

    public double Exact(double x) => Gamma * new Elu(Alpha).Exact(x);
}
