using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>
/// 1 / (1 + e^-x) of each lane, at most 3 units in the last place from the true value: the same operations in every vocabulary, so the same
/// bits.
/// </summary>
internal static class LogisticFunction<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>With z = e^-|x|, 1 / (1 + z) where x is not negative, z / (1 + z) where it is: neither overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Of(TVector x)
    {
        TVector one = TSimd.Broadcast(1);
        TVector z = Exponential<TSimd, TVector>.Of(TSimd.Or(x, TSimd.Broadcast(FloatBits.Sign)));
        return TSimd.Divide(TSimd.Select(TSimd.Less(x, TSimd.Broadcast(0)), z, one), TSimd.Add(one, z));
    }
}
