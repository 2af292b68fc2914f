using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The natural logarithm of each lane, at most 1 unit in the last place from the true value: the same operations in every vocabulary, so
/// the same bits. It is minus infinity of zeros and NaN of what is less.
/// </summary>
internal static class Logarithm<TVector>
    where TVector : struct, IVector<TVector>
{
    private const float RootOfTwo = 1.41421354f;

    // Makes every denormal number normal.
    private const float Lift = 1 << FloatBits.FractionBits;

    /// <summary>log x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector result = OfFraction(Split(x, out TVector exponent), exponent);
        return Limits(x, result);
    }

    /// <summary>log(1 + u) for u from 0 to 1, at most 1.5 units in the last place from the true value, also near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector OfOnePlus(TVector u)
    {
        // What is above the root of 2 is halved.
        TVector isUpper = TVector.Less(TVector.Broadcast(RootOfTwo - 1), u);
        TVector halved = TVector.Multiply(TVector.Subtract(u, TVector.Broadcast(1)), TVector.Broadcast(0.5f));
        return OfFraction(TVector.Select(isUpper, halved, u), TVector.And(TVector.Broadcast(1), isUpper));
    }

    /// <summary>
    /// f and the exponent e of x = 2^e (1 + f), where 1 + f lies between the roots of 1/2 and 2; any numbers unless x is positive and
    /// finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Split(TVector x, out TVector exponent)
    {
        TVector one = TVector.Broadcast(1);
        TVector isDenormal = TVector.Less(x, TVector.Broadcast(FloatBits.SmallestNormal));
        x = TVector.Select(isDenormal, TVector.Multiply(x, TVector.Broadcast(Lift)), x);
        exponent = TVector.Subtract(TVector.ExponentOf(x), TVector.And(TVector.Broadcast(FloatBits.FractionBits), isDenormal));
        TVector mantissa = TVector.Or(TVector.And(x, TVector.Broadcast(BitConverter.Int32BitsToSingle(FloatBits.Fraction))), one);
        TVector isUpper = TVector.Less(TVector.Broadcast(RootOfTwo), mantissa);
        mantissa = TVector.Select(isUpper, TVector.Multiply(mantissa, TVector.Broadcast(0.5f)), mantissa);
        exponent = TVector.Add(exponent, TVector.And(one, isUpper));
        return TVector.Subtract(mantissa, one);
    }

    /// <summary>The result where x is positive and finite, and elsewhere what the logarithm is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Limits(TVector x, TVector result)
    {
        TVector zero = TVector.Broadcast(0), infinity = TVector.Broadcast(float.PositiveInfinity);
        TVector limit = TVector.Select(TVector.Equal(x, infinity), infinity, TVector.Broadcast(float.NaN));
        limit = TVector.Select(TVector.Equal(x, zero), TVector.Broadcast(float.NegativeInfinity), limit);
        return TVector.Select(TVector.And(TVector.Less(zero, x), TVector.Less(x, infinity)), result, limit);
    }

    // e log 2 + f - f^2 / 2 + f^3 p(f), p fitted by least squares in Chebyshev's points for the smallest relative error.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector OfFraction(TVector f, TVector exponent)
    {
        TVector p = TVector.Broadcast(0.0667527169f);
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(-0.116464347f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(0.11904712f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(-0.124112688f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(0.142178908f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(-0.166676432f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(0.200022042f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(-0.250000149f));
        p = TVector.MultiplyAdd(p, f, TVector.Broadcast(0.333333105f));
        TVector square = TVector.Multiply(f, f);
        TVector rest = TVector.Multiply(TVector.Multiply(p, f), square);
        TVector.Accumulate(ref rest, exponent, TVector.Broadcast(FloatBits.Log2Low));
        TVector.Accumulate(ref rest, square, TVector.Broadcast(-0.5f));
        return TVector.MultiplyAdd(exponent, TVector.Broadcast(FloatBits.Log2High), TVector.Add(f, rest));
    }
}
