using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// e to the power of each lane, at most 1.02 units in the last place from the true value: the same operations in every vocabulary, so the
/// same bits. What is too small becomes denormal and then 0, what is too large infinity, and NaN stays NaN.
/// </summary>
internal static class Exponential<TVector>
    where TVector : struct, IVector<TVector>
{
    // The logarithms of what certainly rounds to 0 and to infinity: beyond them nothing changes.
    private const float Lowest = -104.5f;
    private const float Highest = 89;

    private const float Log2OfE = 1.44269504f;

    private const float Log2High = FloatBits.Log2High;
    private const float Log2Low = FloatBits.Log2Low;

    /// <summary>
    /// e^x = 2^n e^r, with n the whole number nearest to x / log 2, and e^r = 1 + r + r^2 q(r) by a minimax polynomial.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x) => Scale(Polynomial(Remainder(Bound(x), out TVector n)), n);

    /// <summary>e^(x + rest), where the rest is a small number that x has no room for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x, TVector rest) => Scale(Polynomial(TVector.Add(Remainder(Bound(x), out TVector n), rest)), n);

    /// <summary>
    /// e^x - 1 for x from minus infinity to 88, at most 1.5 units in the last place from the true value, also near 0; of more than 88 the
    /// result is any number. NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector MinusOne(TVector x)
    {
        // Below -30 the result rounds to -1.
        TVector q = Polynomial(Remainder(TVector.Clamp(x, TVector.Broadcast(-30), TVector.Broadcast(88)), out TVector n));
        TVector power = TVector.PowerOfTwo(n);
        return TVector.MultiplyAdd(q, power, TVector.Subtract(power, TVector.Broadcast(1)));
    }

    /// <summary>
    /// 1 + e^x for x from -87 to 88, at most 1.6 units in the last place from the true value; of others the result is any number. NaN stays
    /// NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector PlusOne(TVector x)
    {
        TVector one = TVector.Broadcast(1), r = Remainder(x, out TVector n);
        TVector p = TVector.MultiplyAdd(TVector.MultiplyAdd(Curvature(r), r, one), r, one);
        return TVector.MultiplyAdd(p, TVector.PowerOfTwo(n), one);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bound(TVector x) => TVector.Clamp(x, TVector.Broadcast(Lowest), TVector.Broadcast(Highest));

    // r, and n of the power of 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Remainder(TVector x, out TVector n)
    {
        n = Round(x, Log2OfE);
        TVector r = TVector.MultiplyAdd(n, TVector.Broadcast(-Log2High), x);
        return TVector.MultiplyAdd(n, TVector.Broadcast(-Log2Low), r);
    }

    // e^r - 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Polynomial(TVector r) => TVector.MultiplyAdd(Curvature(r), TVector.Multiply(r, r), r);

    // (e^r - 1 - r) / r^2: the polynomial for which the largest error of e^r, set in proportion to it, is least: 3.1e-9 for |r| below
    // log(2) / 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Curvature(TVector r)
    {
        TVector q = TVector.Broadcast(1.3814610478e-3f);
        q = TVector.MultiplyAdd(q, r, TVector.Broadcast(8.3687111281e-3f));
        q = TVector.MultiplyAdd(q, r, TVector.Broadcast(4.1668387489e-2f));
        q = TVector.MultiplyAdd(q, r, TVector.Broadcast(1.6666520679e-1f));
        return TVector.MultiplyAdd(q, r, TVector.Broadcast(4.9999993451e-1f));
    }

    // n reaches from -151 to 128.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scale(TVector minusOne, TVector n) => TVector.Scale(TVector.Add(minusOne, TVector.Broadcast(1)), n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Round(TVector value, float factor) => TVector.Add(
        TVector.MultiplyAdd(value, TVector.Broadcast(factor), TVector.Broadcast(FloatBits.WholeNumberOffset)),
        TVector.Broadcast(-FloatBits.WholeNumberOffset));
}
