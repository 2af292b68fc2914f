using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The error function and the normal distribution: the same operations in every vocabulary, so the same bits. The polynomials are fitted by
/// least squares in Chebyshev's points for the smallest relative error.
/// </summary>
internal static class ErrorFunction<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // Up to here a polynomial, so that nothing cancels; from the second on the result rounds to 1.
    private const float Border = 0.925f;
    private const float Last = 4;

    // From here on the tail of the normal distribution rounds to 0.
    private const float LastDeviation = 15;

    /// <summary>erf x, at most 1.5 units in the last place from the true value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector square = TSimd.Multiply(x, x);
        TVector p = TSimd.Broadcast(-0.00059610646f);
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.00498727616f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.0267625414f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.112817019f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.376124829f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.128379151f));
        TVector near = TSimd.MultiplyAdd(p, x, x);

        // 1 - erf t = e^(-t - t q(t)).
        TVector magnitude = SignBits<TSimd, TVector>.Clear(x);
        TVector t = TSimd.Clamp(magnitude, TSimd.Broadcast(0), TSimd.Broadcast(Last));
        TVector q = TSimd.Broadcast(1.18776206e-05f);
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(-0.000328972732f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.00366633106f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(-0.0238100365f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.106289729f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.635120988f));
        q = TSimd.MultiplyAdd(q, t, TSimd.Broadcast(0.128655568f));
        TVector exponent = SignBits<TSimd, TVector>.Flip(TSimd.MultiplyAdd(q, t, t));
        TVector far = TSimd.Subtract(TSimd.Broadcast(1), Exponential<TSimd, TVector>.Of(exponent));
        return TSimd.Select(TSimd.Less(magnitude, TSimd.Broadcast(Border)), near, SignBits<TSimd, TVector>.Copy(far, x));
    }

    /// <summary>
    /// The normal distribution, (1 + erf(x / sqrt 2)) / 2, at most 6 units in the last place from the true value, also far below 0, where
    /// the sum would cancel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NormalDistribution(TVector x)
    {
        // The tail is e^(-t^2 / 2) p(q) / (t + 4) with q = (t - 4) / (t + 4). The square is taken in two parts: its error would count as
        // many times as the exponent is large.
        TVector t = TSimd.Clamp(SignBits<TSimd, TVector>.Clear(x), TSimd.Broadcast(0), TSimd.Broadcast(LastDeviation));
        TVector square = TSimd.Multiply(t, t);
        TVector error = TSimd.MultiplyAdd(t, t, SignBits<TSimd, TVector>.Flip(square));
        TVector minusHalf = TSimd.Broadcast(-0.5f);
        TVector power = Exponential<TSimd, TVector>.Of(TSimd.Multiply(square, minusHalf), TSimd.Multiply(error, minusHalf));
        TVector four = TSimd.Broadcast(4), one = TSimd.Broadcast(1);
        TVector divisor = TSimd.Divide(one, TSimd.Add(t, four));
        TVector q = TSimd.Multiply(TSimd.Subtract(t, four), divisor);
        TVector p = TSimd.Broadcast(-0.000136615286f);
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(0.000170426603f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(0.00156848563f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(-0.00350717362f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(-0.0075233886f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(0.0604027659f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(-0.186523795f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(0.387136966f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(-0.607896566f));
        p = TSimd.MultiplyAdd(p, q, TSimd.Broadcast(0.755285144f));
        TVector tail = TSimd.Multiply(power, TSimd.Multiply(p, divisor));
        return TSimd.Select(TSimd.Less(x, TSimd.Broadcast(0)), tail, TSimd.Subtract(one, tail));
    }
}
