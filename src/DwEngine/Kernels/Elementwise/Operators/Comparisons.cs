using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Elementwise.Operators;

/// <summary>Whether a is equal to b, as +0 is to -0.</summary>
internal readonly record struct Equal : IComparison<Equal>
{
    public static OperatorTraits Traits { get; } = new("Equal", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Equal(a, b);

    public bool Exact(double a, double b) => a == b;
}

/// <summary>Whether a is less than b.</summary>
internal readonly record struct Less : IComparison<Less>
{
    public static OperatorTraits Traits { get; } = new("Less", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Less(a, b);

    public bool Exact(double a, double b) => a < b;
}

/// <summary>Whether a is less than b or equal to it.</summary>
internal readonly record struct LessOrEqual : IComparison<LessOrEqual>
{
    public static OperatorTraits Traits { get; } = new("LessOrEqual", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.LessOrEqual(a, b);

    public bool Exact(double a, double b) => a <= b;
}

/// <summary>Whether a is more than b.</summary>
internal readonly record struct Greater : IComparison<Greater>
{
    public static OperatorTraits Traits { get; } = new("Greater", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.Less(b, a);

    public bool Exact(double a, double b) => a > b;
}

/// <summary>Whether a is more than b or equal to it.</summary>
internal readonly record struct GreaterOrEqual : IComparison<GreaterOrEqual>
{
    public static OperatorTraits Traits { get; } = new("GreaterOrEqual", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector> => TVector.LessOrEqual(b, a);

    public bool Exact(double a, double b) => a >= b;
}

/// <summary>Whether a or b is NaN, of which there is no other order.</summary>
internal readonly record struct Unordered : IComparison<Unordered>
{
    public static OperatorTraits Traits { get; } = new("Unordered", new Accuracy(0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply<TVector>(TVector a, TVector b)
        where TVector : struct, IVector<TVector>
    {
        TVector all = TVector.Equal(TVector.Broadcast(0), TVector.Broadcast(0));
        return TVector.Xor(all, TVector.And(TVector.Equal(a, a), TVector.Equal(b, b)));
    }

    public bool Exact(double a, double b) => double.IsNaN(a) || double.IsNaN(b);
}
