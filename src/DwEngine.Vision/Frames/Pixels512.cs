using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Vision.Frames;

/// <summary>The vocabulary in 512-bit AVX-512.</summary>
internal readonly unsafe struct Pixels512 : IPixelVector<Pixels512>
{
    /// <summary>Bits of a weight in the lower part of a sum.</summary>
    private const int LowBits = 11;

    private readonly Vector512<int> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Pixels512(Vector512<int> lanes) => _lanes = lanes;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Broadcast(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Load(byte* source) => new(Vector512.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 LoadBytes(byte* source) => new(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 LoadPairs(byte* source) => new(Avx512BW.ConvertToVector512Int16(Vector256.Load(source)).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Add(Pixels512 a, Pixels512 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Multiply(Pixels512 a, Pixels512 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 And(Pixels512 a, Pixels512 b) => new(a._lanes & b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Min(Pixels512 a, Pixels512 b) => new(Vector512.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Max(Pixels512 a, Pixels512 b) => new(Vector512.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 ShiftLeft(Pixels512 value, int bits) => new(value._lanes << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 ShiftRight(Pixels512 value, int bits) => new(value._lanes >> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 ShiftRightLogical(Pixels512 value, int bits) => new(value._lanes >>> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 SubtractPairs(Pixels512 a, Pixels512 b) =>
        new(Vector512.SubtractSaturate(a._lanes.AsUInt16(), b._lanes.AsUInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Join(Pixels512 even, Pixels512 odd) =>
        new(Vector512.ConditionalSelect(Vector512.Create(0xFFFF), even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Pack(Pixels512 a, Pixels512 b) =>
        new(InOrder(Avx512BW.PackSignedSaturate(a._lanes, b._lanes).AsInt64()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* target, Pixels512 a, Pixels512 b) =>
        InOrder(Avx512BW.PackUnsignedSaturate(a._lanes.AsInt16(), b._lanes.AsInt16()).AsInt64()).AsByte().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int Second) Weigh(int even, int odd) =>
        ((even >> LowBits) | ((odd >> LowBits) << 16), (even & ((1 << LowBits) - 1)) | ((odd & ((1 << LowBits) - 1)) << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Pixels512 high, ref Pixels512 low, Pixels512 pairs, int* weights)
    {
        Vector512<short> samples = pairs._lanes.AsInt16();
        high = new(high._lanes + Avx512BW.MultiplyAddAdjacent(samples, Vector512.Create(weights[0]).AsInt16()));
        low = new(low._lanes + Avx512BW.MultiplyAddAdjacent(samples, Vector512.Create(weights[1]).AsInt16()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Total(Pixels512 high, Pixels512 low) => new((high._lanes << LowBits) + low._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels512 Quotient(Pixels512 dividend, float divisor) =>
        new(Vector512.ConvertToInt32(Vector512.ConvertToSingle(dividend._lanes) / Vector512.Create(divisor)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNormalised(float* target, Pixels512 value, float mean, float deviation)
    {
        Vector512<float> sample = Vector512.ConvertToSingle(value._lanes) / Vector512.Create(255f);
        Vector512.Store((sample - Vector512.Create(mean)) / Vector512.Create(deviation), target);
    }

    // The instructions pack each quarter of their operands by itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> InOrder(Vector512<long> packed) =>
        Avx512F.PermuteVar8x64(packed, Vector512.Create(0L, 2, 4, 6, 1, 3, 5, 7));
}
