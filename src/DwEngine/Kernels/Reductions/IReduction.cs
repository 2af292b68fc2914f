using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Reductions;

/// <summary>
/// A reduction of floats, written once over the vocabulary. Sums of any kind begin in single precision; those of blocks of numbers are
/// joined in double precision.
/// </summary>
internal interface IReduction
{
    /// <summary>What changes no result when it is joined to one.</summary>
    static abstract float Start { get; }

    /// <summary>A number that changes no result.</summary>
    static virtual float Padding => 0;

    /// <summary>Whether what is subtracted from each number is itself what changes no result.</summary>
    static virtual bool PadsWithShift => false;

    /// <summary>Whether the largest number is subtracted from each first, if it is finite.</summary>
    static virtual bool NeedsLargest => false;

    /// <summary>A result with one number more.</summary>
    /// <param name="sum">The result so far.</param>
    /// <param name="x">The number.</param>
    /// <param name="shift">What is subtracted from each number.</param>
    static abstract TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector>;

    /// <summary>Two results joined.</summary>
    static virtual double Join(double a, double b) => a + b;

    /// <summary>The end of a reduction of so many numbers.</summary>
    static virtual float Finish(double total, long count, float shift) => (float)total;
}

/// <inheritdoc cref="ReductionOperator.Sum"/>
internal readonly struct SumReduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Add(sum, x);
}

/// <inheritdoc cref="ReductionOperator.Mean"/>
internal readonly struct MeanReduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Add(sum, x);

    public static float Finish(double total, long count, float shift) => (float)(total / count);
}

/// <inheritdoc cref="ReductionOperator.Max"/>
internal readonly struct MaxReduction : IReduction
{
    public static float Start => float.NegativeInfinity;

    public static float Padding => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Max(sum, x);

    public static double Join(double a, double b) => Math.Max(a, b);
}

/// <inheritdoc cref="ReductionOperator.Min"/>
internal readonly struct MinReduction : IReduction
{
    public static float Start => float.PositiveInfinity;

    public static float Padding => float.PositiveInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Min(sum, x);

    public static double Join(double a, double b) => Math.Min(a, b);
}

/// <inheritdoc cref="ReductionOperator.Prod"/>
internal readonly struct ProdReduction : IReduction
{
    public static float Start => 1;

    public static float Padding => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Multiply(sum, x);

    public static double Join(double a, double b) => a * b;
}

/// <inheritdoc cref="ReductionOperator.L1"/>
internal readonly struct L1Reduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Add(sum, SignBits<TVector>.Clear(x));
}

/// <inheritdoc cref="ReductionOperator.L2"/>
internal readonly struct L2Reduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.MultiplyAdd(x, x, sum);

    public static float Finish(double total, long count, float shift) => (float)Math.Sqrt(total);
}

/// <inheritdoc cref="ReductionOperator.SumSquare"/>
internal readonly struct SumSquareReduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.MultiplyAdd(x, x, sum);
}

/// <inheritdoc cref="ReductionOperator.LogSum"/>
internal readonly struct LogSumReduction : IReduction
{
    public static float Start => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Add(sum, x);

    public static float Finish(double total, long count, float shift) =>
        Logarithm<ScalarVector>.Of(ScalarVector.Broadcast((float)total)).Value;
}

/// <inheritdoc cref="ReductionOperator.LogSumExp"/>
internal readonly struct LogSumExpReduction : IReduction
{
    public static float Start => 0;

    public static float Padding => float.NegativeInfinity;

    public static bool NeedsLargest => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Step<TVector>(TVector sum, TVector x, TVector shift)
        where TVector : struct, IVector<TVector> => TVector.Add(sum, Exponential<TVector>.Of(TVector.Subtract(x, shift)));

    public static float Finish(double total, long count, float shift) =>
        shift + Logarithm<ScalarVector>.Of(ScalarVector.Broadcast((float)total)).Value;
}
