using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>The sine. NaN of what is not finite. At most 0.51 units in the last place off.</summary>
internal readonly record struct Sin : IUnaryOperator<Sin>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Sin", new Accuracy(0.51));

    public static Sin Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Sin(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Sin>(x);

    public double Exact(double x) => Math.Sin(x);
}

/// <summary>The cosine. NaN of what is not finite. At most 0.51 units in the last place off.</summary>
internal readonly record struct Cos : IUnaryOperator<Cos>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Cos", new Accuracy(0.51));

    public static Cos Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Cos(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Cos>(x);

    public double Exact(double x) => Math.Cos(x);
}

/// <summary>The tangent. NaN of what is not finite. At most 0.51 units in the last place off.</summary>
internal readonly record struct Tan : IUnaryOperator<Tan>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Tan", new Accuracy(0.51));

    public static Tan Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Tan(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Tan>(x);

    public double Exact(double x) => Math.Tan(x);
}

/// <summary>The angle whose sine is x. NaN beyond 1. At most 0.51 units in the last place off.</summary>
internal readonly record struct Asin : IUnaryOperator<Asin>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Asin", new Accuracy(0.51));

    public static Asin Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Asin(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Asin>(x);

    public double Exact(double x) => Math.Asin(x);
}

/// <summary>The angle whose cosine is x. NaN beyond 1. At most 0.51 units in the last place off.</summary>
internal readonly record struct Acos : IUnaryOperator<Acos>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Acos", new Accuracy(0.51));

    public static Acos Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Acos(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Acos>(x);

    public double Exact(double x) => Math.Acos(x);
}

/// <summary>The angle whose tangent is x. At most 0.51 units in the last place off.</summary>
internal readonly record struct Atan : IUnaryOperator<Atan>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Atan", new Accuracy(0.51));

    public static Atan Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Atan(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Atan>(x);

    public double Exact(double x) => Math.Atan(x);
}
