using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The error function and the normal distribution: the same operations in every vocabulary, so the same bits. The polynomials are fitted by
/// least squares in Chebyshev's points for the smallest relative error.
/// </summary>
internal static class ErrorFunction<TVector>
    where TVector : struct, IVector<TVector>
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
        TVector square = TVector.Multiply(x, x);
        TVector p = TVector.Broadcast(-0.00059610646f);
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.00498727616f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(-0.0267625414f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.112817019f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(-0.376124829f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.128379151f));
        TVector near = TVector.MultiplyAdd(p, x, x);

        // 1 - erf t = e^(-t - t q(t)).
        TVector magnitude = SignBits<TVector>.Clear(x);
        TVector t = TVector.Clamp(magnitude, TVector.Broadcast(0), TVector.Broadcast(Last));
        TVector q = TVector.Broadcast(1.18776206e-05f);
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(-0.000328972732f));
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(0.00366633106f));
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(-0.0238100365f));
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(0.106289729f));
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(0.635120988f));
        q = TVector.MultiplyAdd(q, t, TVector.Broadcast(0.128655568f));
        TVector exponent = SignBits<TVector>.Flip(TVector.MultiplyAdd(q, t, t));
        TVector far = TVector.Subtract(TVector.Broadcast(1), Exponential<TVector>.Of(exponent));
        return TVector.Select(TVector.Less(magnitude, TVector.Broadcast(Border)), near, SignBits<TVector>.Copy(far, x));
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
        TVector t = TVector.Clamp(SignBits<TVector>.Clear(x), TVector.Broadcast(0), TVector.Broadcast(LastDeviation));
        TVector square = TVector.Multiply(t, t);
        TVector error = TVector.MultiplyAdd(t, t, SignBits<TVector>.Flip(square));
        TVector minusHalf = TVector.Broadcast(-0.5f);
        TVector power = Exponential<TVector>.Of(TVector.Multiply(square, minusHalf), TVector.Multiply(error, minusHalf));
        TVector four = TVector.Broadcast(4), one = TVector.Broadcast(1);
        TVector divisor = TVector.Divide(one, TVector.Add(t, four));
        TVector q = TVector.Multiply(TVector.Subtract(t, four), divisor);
        TVector p = TVector.Broadcast(-0.000136615286f);
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(0.000170426603f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(0.00156848563f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(-0.00350717362f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(-0.0075233886f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(0.0604027659f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(-0.186523795f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(0.387136966f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(-0.607896566f));
        p = TVector.MultiplyAdd(p, q, TVector.Broadcast(0.755285144f));
        TVector tail = TVector.Multiply(power, TVector.Multiply(p, divisor));
        return TVector.Select(TVector.Less(x, TVector.Broadcast(0)), tail, TVector.Subtract(one, tail));
    }
}
