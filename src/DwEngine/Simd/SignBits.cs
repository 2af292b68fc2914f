using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>What concerns the sign bits of numbers alone, zeros, infinities and NaN included.</summary>
internal static class SignBits<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>The number without its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Clear(TVector value) => TSimd.And(value, TSimd.Broadcast(BitConverter.Int32BitsToSingle(int.MaxValue)));

    /// <summary>The number with the other sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Flip(TVector value) => TSimd.Xor(value, TSimd.Broadcast(FloatBits.Sign));

    /// <summary>A number that has no sign with the sign of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Copy(TVector magnitude, TVector sign) => TSimd.Or(magnitude, TSimd.And(sign, TSimd.Broadcast(FloatBits.Sign)));
}
