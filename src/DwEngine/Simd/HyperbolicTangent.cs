using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The hyperbolic tangent of each lane, at most 1.5 units in the last place from the true value: the same operations in every vocabulary,
/// so the same bits.
/// </summary>
internal static class HyperbolicTangent<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // Up to here a polynomial, so that nothing cancels.
    private const float Border = 0.6f;

    /// <summary>
    /// tanh |x| = 1 - 2 / (e^2|x| + 1), and tanh x = x + x^3 p(x^2) near 0, p fitted by least squares in Chebyshev's points for the
    /// smallest relative error.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector one = TSimd.Broadcast(1), magnitude = SignBits<TSimd, TVector>.Clear(x), square = TSimd.Multiply(x, x);
        TVector p = TSimd.Broadcast(-0.00588323316f);
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.0207851473f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.0537803993f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(0.133318797f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-0.333332956f));
        TVector near = TSimd.MultiplyAdd(TSimd.Multiply(p, square), magnitude, magnitude);
        TVector power = Exponential<TSimd, TVector>.Of(TSimd.Add(magnitude, magnitude));
        TVector far = TSimd.Subtract(one, TSimd.Divide(TSimd.Broadcast(2), TSimd.Add(power, one)));
        return SignBits<TSimd, TVector>.Copy(TSimd.Select(TSimd.Less(magnitude, TSimd.Broadcast(Border)), near, far), x);
    }
}
