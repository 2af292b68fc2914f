using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// The hyperbolic tangent of each lane, at most 1.5 units in the last place from the true value: the same operations in every vocabulary,
/// so the same bits.
/// </summary>
internal static class HyperbolicTangent<TVector>
    where TVector : struct, IVector<TVector>
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
        TVector one = TVector.Broadcast(1), magnitude = SignBits<TVector>.Clear(x), square = TVector.Multiply(x, x);
        TVector p = TVector.Broadcast(-0.00588323316f);
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.0207851473f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(-0.0537803993f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(0.133318797f));
        p = TVector.MultiplyAdd(p, square, TVector.Broadcast(-0.333332956f));
        TVector near = TVector.MultiplyAdd(TVector.Multiply(p, square), magnitude, magnitude);
        TVector power = Exponential<TVector>.Of(TVector.Add(magnitude, magnitude));
        TVector far = TVector.Subtract(one, TVector.Divide(TVector.Broadcast(2), TVector.Add(power, one)));
        return SignBits<TVector>.Copy(TVector.Select(TVector.Less(magnitude, TVector.Broadcast(Border)), near, far), x);
    }
}
