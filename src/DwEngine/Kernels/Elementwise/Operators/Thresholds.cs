using System.Runtime.CompilerServices;
using DwEngine.Kernels.Reference;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>1, -1, or x itself where that is 0 or NaN. Exact.</summary>
internal readonly record struct Sign : IUnaryOperator<Sign>
{
    public static OperatorTraits Traits { get; } = new("Sign", new Accuracy(0));

    public static Sign Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        TVector zero = TVector.Broadcast(0);
        TVector negative = TVector.Select(TVector.Less(x, zero), TVector.Broadcast(-1), x);
        return TVector.Select(TVector.Less(zero, x), TVector.Broadcast(1), negative);
    }

    public double Exact(double x) => x > 0 ? 1 : x < 0 ? -1 : x;
}

/// <summary>x / (1 + |x|). At most 1.5 units in the last place off.</summary>
internal readonly record struct Softsign : IUnaryOperator<Softsign>
{
    public static OperatorTraits Traits { get; } = new("Softsign", new Accuracy(1.5));

    public static Softsign Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Divide(x, TVector.Add(TVector.Broadcast(1), SignBits<TVector>.Clear(x)));

    public double Exact(double x) => x / (1 + Math.Abs(x));
}

/// <summary>x where it is above alpha, else 0. Exact.</summary>
/// <param name="Alpha">alpha.</param>
internal readonly record struct ThresholdedRelu(float Alpha) : IUnaryOperator<ThresholdedRelu>
{
    public static OperatorTraits Traits { get; } = new("ThresholdedRelu", new Accuracy(0), new OperatorParameter("alpha", 1));

    public static ThresholdedRelu Create(ReadOnlySpan<float> parameters) => new(parameters[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.And(x, TVector.Less(TVector.Broadcast(Alpha), x));

    public double Exact(double x) => x > Alpha ? x : 0;
}

/// <summary>x - bias above lambd, x + bias below -lambd, and 0 between. Rounded once.</summary>
/// <param name="Bias">bias.</param>
/// <param name="Lambd">lambd.</param>
internal readonly record struct Shrink(float Bias, float Lambd) : IUnaryOperator<Shrink>
{
    public static OperatorTraits Traits { get; } = new(
        "Shrink", new Accuracy(0.5), new OperatorParameter("bias", 0), new OperatorParameter("lambd", 0.5f));

    public static Shrink Create(ReadOnlySpan<float> parameters) => new(parameters[0], parameters[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        TVector bias = TVector.Broadcast(Bias);
        TVector above = TVector.And(TVector.Subtract(x, bias), TVector.Less(TVector.Broadcast(Lambd), x));
        return TVector.Select(TVector.Less(x, TVector.Broadcast(-Lambd)), TVector.Add(x, bias), above);
    }

    public double Exact(double x) => x < -Lambd ? x + Bias : x > Lambd ? x - Bias : 0;
}

/// <summary>x where x is not negative, alpha (e^(x / alpha) - 1) where it is. At most 4 units in the last place off.</summary>
/// <param name="Alpha">alpha.</param>
internal readonly record struct Celu(float Alpha) : IUnaryOperator<Celu>
{
    public static OperatorTraits Traits { get; } = new("Celu", new Accuracy(4), new OperatorParameter("alpha", 1));

    public static Celu Create(ReadOnlySpan<float> parameters) => new(parameters[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector>
    {
        TVector alpha = TVector.Broadcast(Alpha);
        TVector power = Exponential<TVector>.MinusOne(TVector.Divide(x, alpha));
        return TVector.Select(TVector.Less(x, TVector.Broadcast(0)), TVector.Multiply(power, alpha), x);
    }

    public double Exact(double x) => x < 0 ? Alpha * ExponentialReference.MinusOne(x / Alpha) : x;
}
