using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>a + b. Rounded once.</summary>
internal readonly record struct Add : IBinaryOperator<Add>
{
    public static OperatorTraits Traits { get; } = new("Add", new Accuracy(0.5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Add(a, b);

    public double Exact(double a, double b) => a + b;
}

/// <summary>a - b. Rounded once.</summary>
internal readonly record struct Sub : IBinaryOperator<Sub>
{
    public static OperatorTraits Traits { get; } = new("Sub", new Accuracy(0.5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Subtract(a, b);

    public double Exact(double a, double b) => a - b;
}

/// <summary>a b. Rounded once.</summary>
internal readonly record struct Mul : IBinaryOperator<Mul>
{
    public static OperatorTraits Traits { get; } = new("Mul", new Accuracy(0.5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Multiply(a, b);

    public double Exact(double a, double b) => a * b;
}

/// <summary>a / b. Rounded once.</summary>
internal readonly record struct Div : IBinaryOperator<Div>
{
    public static OperatorTraits Traits { get; } = new("Div", new Accuracy(0.5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Divide(a, b);

    public double Exact(double a, double b) => a / b;
}

/// <summary>a to the power of b, as IEEE 754 has it. At most 6 units in the last place off.</summary>
internal readonly record struct Pow : IBinaryOperator<Pow>
{
    public static OperatorTraits Traits { get; } = new("Pow", new Accuracy(6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => Power<TVector>.Of(a, b);

    public double Exact(double a, double b) => Math.Pow(a, b);
}

/// <summary>The smaller of both, -0 below +0; NaN if one is NaN. Exact.</summary>
internal readonly record struct Min : IBinaryOperator<Min>
{
    public static OperatorTraits Traits { get; } = new("Min", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Min(a, b);

    public double Exact(double a, double b) => Math.Min(a, b);
}

/// <summary>The larger of both, +0 above -0; NaN if one is NaN. Exact.</summary>
internal readonly record struct Max : IBinaryOperator<Max>
{
    public static OperatorTraits Traits { get; } = new("Max", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Max(a, b);

    public double Exact(double a, double b) => Math.Max(a, b);
}

/// <summary>a where a is not negative, a b where it is. Rounded once.</summary>
internal readonly record struct PRelu : IBinaryOperator<PRelu>
{
    public static OperatorTraits Traits { get; } = new("PRelu", new Accuracy(0.5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> =>
        TVector.Select(TVector.Less(a, TVector.Broadcast(0)), TVector.Multiply(a, b), a);

    public double Exact(double a, double b) => a < 0 ? a * b : a;
}
