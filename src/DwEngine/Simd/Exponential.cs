using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// e to the power of each lane, at most 1.02 units in the last place from the true value: the same operations in every vocabulary, so the
/// same bits. What is too small becomes denormal and then 0, what is too large infinity, and NaN stays NaN.
/// </summary>
internal static class Exponential<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // The logarithms of what certainly rounds to 0 and to infinity: beyond them nothing changes.
    private const float Lowest = -104.5f;
    private const float Highest = 89;

    private const float Log2OfE = 1.44269504f;

    // The natural logarithm of 2 in two parts; the first has so few bits that its product with any exponent is exact.
    private const float Log2High = 0.693359375f;
    private const float Log2Low = -2.12194440e-4f;

    /// <summary>
    /// e^x = 2^n e^r, with n the whole number nearest to x / log 2, and e^r = 1 + r + r^2 p(r) by S. Moshier's minimax polynomial (Cephes,
    /// expf).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        x = TSimd.Clamp(x, TSimd.Broadcast(Lowest), TSimd.Broadcast(Highest));
        TVector n = Round(x, Log2OfE);
        TVector r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Log2High), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-Log2Low), r);
        TVector p = TSimd.Broadcast(1.9875691500e-4f);
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1.3981999507e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(8.3334519073e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(4.1665795894e-2f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1.6666665459e-1f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(5.0000001201e-1f));
        p = TSimd.Add(TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), r), TSimd.Broadcast(1));

        // 2^n in two factors: n reaches from -151 to 128, beyond what one normal number is a power of. The first product is exact.
        TVector half = Round(n, 0.5f);
        TVector rest = TSimd.MultiplyAdd(half, TSimd.Broadcast(-1), n);
        return TSimd.Multiply(TSimd.Multiply(p, TSimd.PowerOfTwo(half)), TSimd.PowerOfTwo(rest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Round(TVector value, float factor) => TSimd.Add(
        TSimd.MultiplyAdd(value, TSimd.Broadcast(factor), TSimd.Broadcast(FloatBits.WholeNumberOffset)),
        TSimd.Broadcast(-FloatBits.WholeNumberOffset));
}
