using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// A function of one number that is computed in double precision by operations that are rounded once each, so it has the same bits
/// everywhere.
/// </summary>
internal interface IScalarFunction
{
    /// <summary>The function.</summary>
    static abstract double Of(double x);
}

/// <summary>A function of two numbers; see <see cref="IScalarFunction"/>.</summary>
internal interface IScalarFunction2
{
    /// <summary>The function.</summary>
    static abstract double Of(double a, double b);
}

/// <summary>
/// Functions that vectors have no good form of, lane by lane: slow, and exact to the last rounding. Networks compute them where few
/// elements are, such as encodings of positions.
/// </summary>
internal static unsafe class Lanewise<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>The function of each lane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TVector Of<TFunction>(TVector x)
        where TFunction : struct, IScalarFunction
    {
        float* lanes = stackalloc float[TVector.Lanes];
        TVector.Store(lanes, x);
        for (int i = 0; i < TVector.Lanes; i++)
        {
            lanes[i] = (float)TFunction.Of(lanes[i]);
        }

        return TVector.Load(lanes);
    }

    /// <summary>The function of each pair of lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TVector Of<TFunction>(TVector a, TVector b)
        where TFunction : struct, IScalarFunction2
    {
        float* lanes = stackalloc float[2 * TVector.Lanes];
        TVector.Store(lanes, a);
        TVector.Store(lanes + TVector.Lanes, b);
        for (int i = 0; i < TVector.Lanes; i++)
        {
            lanes[i] = (float)TFunction.Of(lanes[i], lanes[TVector.Lanes + i]);
        }

        return TVector.Load(lanes);
    }
}
