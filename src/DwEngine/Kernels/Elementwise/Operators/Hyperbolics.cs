using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>The hyperbolic sine. At most 0.51 units in the last place off.</summary>
internal readonly record struct Sinh : IUnaryOperator<Sinh>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Sinh", new Accuracy(0.51));

    public static Sinh Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Sinh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Sinh>(x);

    public double Exact(double x) => Math.Sinh(x);
}

/// <summary>The hyperbolic cosine. At most 0.51 units in the last place off.</summary>
internal readonly record struct Cosh : IUnaryOperator<Cosh>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Cosh", new Accuracy(0.51));

    public static Cosh Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Cosh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Cosh>(x);

    public double Exact(double x) => Math.Cosh(x);
}

/// <summary>The number whose hyperbolic sine is x. At most 0.51 units in the last place off.</summary>
internal readonly record struct Asinh : IUnaryOperator<Asinh>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Asinh", new Accuracy(0.51));

    public static Asinh Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Asinh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Asinh>(x);

    public double Exact(double x) => Math.Asinh(x);
}

/// <summary>The number whose hyperbolic cosine is x. NaN below 1. At most 0.51 units in the last place off.</summary>
internal readonly record struct Acosh : IUnaryOperator<Acosh>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Acosh", new Accuracy(0.51));

    public static Acosh Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Acosh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Acosh>(x);

    public double Exact(double x) => Math.Acosh(x);
}

/// <summary>The number whose hyperbolic tangent is x. NaN beyond 1. At most 0.51 units in the last place off.</summary>
internal readonly record struct Atanh : IUnaryOperator<Atanh>, IScalarFunction
{
    public static OperatorTraits Traits { get; } = new("Atanh", new Accuracy(0.51));

    public static Atanh Create(ReadOnlySpan<float> parameters) => new();

    public static double Of(double x) => ScalarFunctions.Atanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Lanewise<TVector>.Of<Atanh>(x);

    public double Exact(double x) => Math.Atanh(x);
}
