using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// 1 / (1 + e^-x) of each lane, at most 3 units in the last place from the true value: the same operations in every vocabulary, so the same
/// bits.
/// </summary>
internal static class LogisticFunction<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>With z = e^-|x|, 1 / (1 + z) where x is not negative, z / (1 + z) where it is: neither overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector one = TVector.Broadcast(1);
        TVector z = Exponential<TVector>.Of(TVector.Or(x, TVector.Broadcast(FloatBits.Sign)));
        return TVector.Divide(TVector.Select(TVector.Less(x, TVector.Broadcast(0)), z, one), TVector.Add(one, z));
    }
}
