using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// a to the power of b, at most 6 units in the last place from the true value: the same operations in every vocabulary, so the same bits.
/// Zeros, infinities and NaN give what IEEE 754 says of pow: 1 of any number, NaN too, to the power of 0, and of 1 to any power.
/// </summary>
internal static class Power<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>a^b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector a, TVector b)
    {
        TVector zero = TVector.Broadcast(0), one = TVector.Broadcast(1), magnitude = SignBits<TVector>.Clear(a);
        TVector high = Log(magnitude, out TVector low);

        // b log a in two parts. Beyond what the exponential tells apart the second is left out: it may be NaN there.
        TVector product = TVector.Multiply(b, high);
        TVector rest = TVector.MultiplyAdd(b, low, TVector.MultiplyAdd(b, high, SignBits<TVector>.Flip(product)));
        rest = TVector.And(rest, TVector.Less(SignBits<TVector>.Clear(product), TVector.Broadcast(128)));
        TVector power = Exponential<TVector>.Of(product, rest);
        power = TVector.Select(TVector.Or(TVector.Equal(b, zero), TVector.Equal(magnitude, one)), one, power);
        power = TVector.Select(TVector.Equal(b, b), power, TVector.Select(TVector.Equal(a, one), one, b));

        // A negative number has powers where b is whole; they are negative where it is odd.
        TVector half = TVector.Multiply(b, TVector.Broadcast(0.5f));
        TVector isWhole = TVector.Equal(TVector.Floor(b), b), isHalfWhole = TVector.Equal(TVector.Floor(half), half);
        TVector isOdd = TVector.Select(isHalfWhole, zero, isWhole);
        power = TVector.Xor(power, TVector.And(TVector.And(a, TVector.Broadcast(FloatBits.Sign)), isOdd));
        TVector isNegative = TVector.And(TVector.Less(a, zero), TVector.Less(TVector.Broadcast(float.NegativeInfinity), a));
        TVector isPower = TVector.Select(isNegative, isWhole, TVector.Equal(zero, zero));
        return TVector.Select(isPower, power, TVector.Broadcast(float.NaN));
    }

    // The logarithm as a float and what it lacks: with x = 2^e (1 + f) and s = f / (2 + f), it is e log 2 + 2 s + s^3 p(s^2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Log(TVector x, out TVector low)
    {
        TVector f = Logarithm<TVector>.Split(x, out TVector exponent);
        TVector divisor = TVector.Add(f, TVector.Broadcast(2));
        TVector divisorRest = TVector.Subtract(f, TVector.Subtract(divisor, TVector.Broadcast(2)));
        TVector s = TVector.Divide(f, divisor), minus = SignBits<TVector>.Flip(s);
        TVector remainder = TVector.MultiplyAdd(minus, divisorRest, TVector.MultiplyAdd(minus, divisor, f));
        TVector sRest = TVector.Divide(remainder, divisor);
        TVector square = TVector.Multiply(s, s);
        TVector p = TVector.Broadcast(0.235853374f);
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.285371155f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.400003374f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.666666627f));
        TVector tail = TVector.MultiplyAdd(TVector.Multiply(square, s), p, TVector.Add(sRest, sRest));

        // The larger summand comes first, so that the rest of each sum is exact.
        TVector whole = TVector.Multiply(exponent, TVector.Broadcast(FloatBits.Log2High)), doubled = TVector.Add(s, s);
        TVector isWhole = TVector.Less(TVector.Broadcast(0), TVector.Multiply(exponent, exponent));
        TVector first = TVector.Select(isWhole, whole, doubled), second = TVector.Select(isWhole, doubled, whole);
        TVector sum = TVector.Add(first, second);
        TVector rest = TVector.Add(TVector.Subtract(second, TVector.Subtract(sum, first)),
            TVector.MultiplyAdd(exponent, TVector.Broadcast(FloatBits.Log2Low), tail));
        TVector high = TVector.Add(sum, rest);
        low = TVector.Subtract(rest, TVector.Subtract(high, sum));
        TVector isFinite = TVector.And(TVector.Less(TVector.Broadcast(0), x), TVector.Less(x, TVector.Broadcast(float.PositiveInfinity)));
        low = TVector.And(low, isFinite);
        return Logarithm<TVector>.Limits(x, high);
    }
}
