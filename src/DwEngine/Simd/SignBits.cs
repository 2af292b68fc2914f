using System.Runtime.CompilerServices;

namespace DwEngine.Simd;

/// <summary>What concerns the sign bits of numbers alone, zeros, infinities and NaN included.</summary>
internal static class SignBits<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>The number without its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Clear(TVector value) => TVector.And(value, TVector.Broadcast(BitConverter.Int32BitsToSingle(int.MaxValue)));

    /// <summary>The number with the other sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Flip(TVector value) => TVector.Xor(value, TVector.Broadcast(FloatBits.Sign));

    /// <summary>A number that has no sign with the sign of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Copy(TVector magnitude, TVector sign) =>
        TVector.Or(magnitude, TVector.And(sign, TVector.Broadcast(FloatBits.Sign)));
}
