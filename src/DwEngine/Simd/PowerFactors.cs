using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary><see cref="IVector{TSelf}.Scale"/> for vocabularies that have no instruction for it.</summary>
internal static class PowerFactors<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>
    /// The value times two powers of 2, because the exponent may be beyond what one normal number is a power of. The first product is
    /// exact.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(TVector value, TVector exponent)
    {
        TVector half = TVector.Add(
            TVector.MultiplyAdd(exponent, TVector.Broadcast(0.5f), TVector.Broadcast(FloatBits.WholeNumberOffset)),
            TVector.Broadcast(-FloatBits.WholeNumberOffset));
        TVector rest = TVector.MultiplyAdd(half, TVector.Broadcast(-1), exponent);
        return TVector.Multiply(TVector.Multiply(value, TVector.PowerOfTwo(half)), TVector.PowerOfTwo(rest));
    }
}
