using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// a to the power of b, at most 6 units in the last place from the true value: the same operations in every vocabulary, so the same bits.
/// Zeros, infinities and NaN give what IEEE 754 says of pow: 1 of any number, NaN too, to the power of 0, and of 1 to any power.
/// </summary>
internal static class Power<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>a^b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector a, TVector b)
    {
        TVector zero = TSimd.Broadcast(0), one = TSimd.Broadcast(1), magnitude = SignBits<TSimd, TVector>.Clear(a);
        TVector high = Log(magnitude, out TVector low);

        // b log a in two parts. Beyond what the exponential tells apart the second is left out: it may be NaN there.
        TVector product = TSimd.Multiply(b, high);
        TVector rest = TSimd.MultiplyAdd(b, low, TSimd.MultiplyAdd(b, high, SignBits<TSimd, TVector>.Flip(product)));
        rest = TSimd.And(rest, TSimd.Less(SignBits<TSimd, TVector>.Clear(product), TSimd.Broadcast(128)));
        TVector power = Exponential<TSimd, TVector>.Of(product, rest);
        power = TSimd.Select(TSimd.Or(TSimd.Equal(b, zero), TSimd.Equal(magnitude, one)), one, power);
        power = TSimd.Select(TSimd.Equal(b, b), power, TSimd.Select(TSimd.Equal(a, one), one, b));

        // A negative number has powers where b is whole; they are negative where it is odd.
        TVector half = TSimd.Multiply(b, TSimd.Broadcast(0.5f));
        TVector isWhole = TSimd.Equal(TSimd.Floor(b), b), isHalfWhole = TSimd.Equal(TSimd.Floor(half), half);
        TVector isOdd = TSimd.Select(isHalfWhole, zero, isWhole);
        power = TSimd.Xor(power, TSimd.And(TSimd.And(a, TSimd.Broadcast(FloatBits.Sign)), isOdd));
        TVector isNegative = TSimd.And(TSimd.Less(a, zero), TSimd.Less(TSimd.Broadcast(float.NegativeInfinity), a));
        TVector isPower = TSimd.Select(isNegative, isWhole, TSimd.Equal(zero, zero));
        return TSimd.Select(isPower, power, TSimd.Broadcast(float.NaN));
    }

    // The logarithm as a float and what it lacks: with x = 2^e (1 + f) and s = f / (2 + f), it is e log 2 + 2 s + s^3 p(s^2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Log(TVector x, out TVector low)
    {
        TVector f = Logarithm<TSimd, TVector>.Split(x, out TVector exponent);
        TVector divisor = TSimd.Add(f, TSimd.Broadcast(2));
        TVector divisorRest = TSimd.Subtract(f, TSimd.Subtract(divisor, TSimd.Broadcast(2)));
        TVector s = TSimd.Divide(f, divisor), minus = SignBits<TSimd, TVector>.Flip(s);
        TVector remainder = TSimd.MultiplyAdd(minus, divisorRest, TSimd.MultiplyAdd(minus, divisor, f));
        TVector sRest = TSimd.Divide(remainder, divisor);
        TVector square = TSimd.Multiply(s, s);
        TVector p = TSimd.Broadcast(0.235853374f);
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.285371155f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.400003374f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.666666627f));
        TVector tail = TSimd.MultiplyAdd(TSimd.Multiply(square, s), p, TSimd.Add(sRest, sRest));

        // The larger summand comes first, so that the rest of each sum is exact.
        TVector whole = TSimd.Multiply(exponent, TSimd.Broadcast(FloatBits.Log2High)), doubled = TSimd.Add(s, s);
        TVector isWhole = TSimd.Less(TSimd.Broadcast(0), TSimd.Multiply(exponent, exponent));
        TVector first = TSimd.Select(isWhole, whole, doubled), second = TSimd.Select(isWhole, doubled, whole);
        TVector sum = TSimd.Add(first, second);
        TVector rest = TSimd.Add(TSimd.Subtract(second, TSimd.Subtract(sum, first)), TSimd.MultiplyAdd(exponent, TSimd.Broadcast(FloatBits.Log2Low), tail));
        TVector high = TSimd.Add(sum, rest);
        low = TSimd.Subtract(rest, TSimd.Subtract(high, sum));
        TVector isFinite = TSimd.And(TSimd.Less(TSimd.Broadcast(0), x), TSimd.Less(x, TSimd.Broadcast(float.PositiveInfinity)));
        low = TSimd.And(low, isFinite);
        return Logarithm<TSimd, TVector>.Limits(x, high);
    }
}
