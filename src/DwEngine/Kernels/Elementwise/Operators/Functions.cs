using System.Runtime.CompilerServices;
using DwEngine.Kernels.Reference;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>e^x. At most 1.02 units in the last place off.</summary>
internal readonly record struct Exp : IUnaryOperator<Exp>
{
    public static OperatorTraits Traits { get; } = new("Exp", new Accuracy(1.02));

    public static Exp Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Exponential<TVector>.Of(x);

    public double Exact(double x) => Math.Exp(x);
}

/// <summary>The natural logarithm. At most 1 unit in the last place off.</summary>
internal readonly record struct Log : IUnaryOperator<Log>
{
    public static OperatorTraits Traits { get; } = new("Log", new Accuracy(1));

    public static Log Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => Logarithm<TVector>.Of(x);

    public double Exact(double x) => Math.Log(x);
}

/// <summary>The square root. Rounded once.</summary>
internal readonly record struct Sqrt : IUnaryOperator<Sqrt>
{
    public static OperatorTraits Traits { get; } = new("Sqrt", new Accuracy(0.5));

    public static Sqrt Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.SquareRoot(x);

    public double Exact(double x) => Math.Sqrt(x);
}

/// <summary>The absolute value. Exact.</summary>
internal readonly record struct Abs : IUnaryOperator<Abs>
{
    public static OperatorTraits Traits { get; } = new("Abs", new Accuracy(0));

    public static Abs Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => SignBits<TVector>.Clear(x);

    public double Exact(double x) => Math.Abs(x);
}

/// <summary>-x. Exact.</summary>
internal readonly record struct Neg : IUnaryOperator<Neg>
{
    public static OperatorTraits Traits { get; } = new("Neg", new Accuracy(0));

    public static Neg Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => SignBits<TVector>.Flip(x);

    public double Exact(double x) => -x;
}

/// <summary>1 / x. Rounded once.</summary>
internal readonly record struct Reciprocal : IUnaryOperator<Reciprocal>
{
    public static OperatorTraits Traits { get; } = new("Reciprocal", new Accuracy(0.5));

    public static Reciprocal Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Divide(TVector.Broadcast(1), x);

    public double Exact(double x) => 1 / x;
}

/// <summary>The largest whole number that is not above x. Exact.</summary>
internal readonly record struct Floor : IUnaryOperator<Floor>
{
    public static OperatorTraits Traits { get; } = new("Floor", new Accuracy(0));

    public static Floor Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Floor(x);

    public double Exact(double x) => Math.Floor(x);
}

/// <summary>The smallest whole number that is not below x. Exact.</summary>
internal readonly record struct Ceil : IUnaryOperator<Ceil>
{
    public static OperatorTraits Traits { get; } = new("Ceil", new Accuracy(0));

    public static Ceil Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Ceiling(x);

    public double Exact(double x) => Math.Ceiling(x);
}

/// <summary>The nearest whole number, the even one of two. Exact.</summary>
internal readonly record struct Round : IUnaryOperator<Round>
{
    public static OperatorTraits Traits { get; } = new("Round", new Accuracy(0));

    public static Round Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => TVector.Round(x);

    public double Exact(double x) => Math.Round(x, MidpointRounding.ToEven);
}

/// <summary>The error function. At most 1.5 units in the last place off.</summary>
internal readonly record struct Erf : IUnaryOperator<Erf>
{
    public static OperatorTraits Traits { get; } = new("Erf", new Accuracy(1.5));

    public static Erf Create(ReadOnlySpan<float> parameters) => new();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TVector>(TVector x)
        where TVector : struct, IVector<TVector> => ErrorFunction<TVector>.Of(x);

    public double Exact(double x) => ErrorFunctionReference.Of(x);
}
