using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The natural logarithm of each lane, at most 1 unit in the last place from the true value: the same operations in every vocabulary, so
/// the same bits. It is minus infinity of zeros and NaN of what is less.
/// </summary>
internal static class Logarithm<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
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
        TVector isUpper = TSimd.Less(TSimd.Broadcast(RootOfTwo - 1), u);
        TVector halved = TSimd.Multiply(TSimd.Subtract(u, TSimd.Broadcast(1)), TSimd.Broadcast(0.5f));
        return OfFraction(TSimd.Select(isUpper, halved, u), TSimd.And(TSimd.Broadcast(1), isUpper));
    }

    /// <summary>
    /// f and the exponent e of x = 2^e (1 + f), where 1 + f lies between the roots of 1/2 and 2; any numbers unless x is positive and finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Split(TVector x, out TVector exponent)
    {
        TVector one = TSimd.Broadcast(1);
        TVector isDenormal = TSimd.Less(x, TSimd.Broadcast(FloatBits.SmallestNormal));
        x = TSimd.Select(isDenormal, TSimd.Multiply(x, TSimd.Broadcast(Lift)), x);
        exponent = TSimd.Subtract(TSimd.ExponentOf(x), TSimd.And(TSimd.Broadcast(FloatBits.FractionBits), isDenormal));
        TVector mantissa = TSimd.Or(TSimd.And(x, TSimd.Broadcast(BitConverter.Int32BitsToSingle(FloatBits.Fraction))), one);
        TVector isUpper = TSimd.Less(TSimd.Broadcast(RootOfTwo), mantissa);
        mantissa = TSimd.Select(isUpper, TSimd.Multiply(mantissa, TSimd.Broadcast(0.5f)), mantissa);
        exponent = TSimd.Add(exponent, TSimd.And(one, isUpper));
        return TSimd.Subtract(mantissa, one);
    }

    /// <summary>The result where x is positive and finite, and elsewhere what the logarithm is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Limits(TVector x, TVector result)
    {
        TVector zero = TSimd.Broadcast(0), infinity = TSimd.Broadcast(float.PositiveInfinity);
        TVector limit = TSimd.Select(TSimd.Equal(x, infinity), infinity, TSimd.Broadcast(float.NaN));
        limit = TSimd.Select(TSimd.Equal(x, zero), TSimd.Broadcast(float.NegativeInfinity), limit);
        return TSimd.Select(TSimd.And(TSimd.Less(zero, x), TSimd.Less(x, infinity)), result, limit);
    }

    // e log 2 + f - f^2 / 2 + f^3 p(f), p fitted by least squares in Chebyshev's points for the smallest relative error.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector OfFraction(TVector f, TVector exponent)
    {
        TVector p = TSimd.Broadcast(0.0667527169f);
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(-0.116464347f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.11904712f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(-0.124112688f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.142178908f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(-0.166676432f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.200022042f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(-0.250000149f));
        p = TSimd.MultiplyAdd(p, f, TSimd.Broadcast(0.333333105f));
        TVector square = TSimd.Multiply(f, f);
        TVector rest = TSimd.Multiply(TSimd.Multiply(p, f), square);
        rest = TSimd.MultiplyAdd(exponent, TSimd.Broadcast(FloatBits.Log2Low), rest);
        rest = TSimd.MultiplyAdd(square, TSimd.Broadcast(-0.5f), rest);
        return TSimd.MultiplyAdd(exponent, TSimd.Broadcast(FloatBits.Log2High), TSimd.Add(f, rest));
    }
}
