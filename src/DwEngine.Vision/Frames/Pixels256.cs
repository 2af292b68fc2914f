using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Vision.Frames;

/// <summary>The vocabulary in 256-bit AVX2.</summary>
internal readonly unsafe struct Pixels256 : IPixelVector<Pixels256>
{
    /// <summary>Bits of a weight in the lower part of a sum.</summary>
    private const int LowBits = 11;

    private readonly Vector256<int> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Pixels256(Vector256<int> lanes) => _lanes = lanes;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Broadcast(int value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Load(byte* source) => new(Vector256.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 LoadBytes(byte* source) => new(Avx2.ConvertToVector256Int32(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 LoadPairs(byte* source) => new(Avx2.ConvertToVector256Int16(source).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Add(Pixels256 a, Pixels256 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Multiply(Pixels256 a, Pixels256 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 And(Pixels256 a, Pixels256 b) => new(a._lanes & b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Min(Pixels256 a, Pixels256 b) => new(Vector256.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Max(Pixels256 a, Pixels256 b) => new(Vector256.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 ShiftLeft(Pixels256 value, int bits) => new(value._lanes << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 ShiftRight(Pixels256 value, int bits) => new(value._lanes >> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 ShiftRightLogical(Pixels256 value, int bits) => new(value._lanes >>> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 SubtractPairs(Pixels256 a, Pixels256 b) =>
        new(Vector256.SubtractSaturate(a._lanes.AsUInt16(), b._lanes.AsUInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Join(Pixels256 even, Pixels256 odd) =>
        new(Avx2.Blend(even._lanes.AsInt16(), odd._lanes.AsInt16(), 0b1010_1010).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Pack(Pixels256 a, Pixels256 b) => new(InOrder(Avx2.PackSignedSaturate(a._lanes, b._lanes).AsInt64()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* target, Pixels256 a, Pixels256 b) =>
        InOrder(Avx2.PackUnsignedSaturate(a._lanes.AsInt16(), b._lanes.AsInt16()).AsInt64()).AsByte().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int Second) Weigh(int even, int odd) =>
        ((even >> LowBits) | ((odd >> LowBits) << 16), (even & ((1 << LowBits) - 1)) | ((odd & ((1 << LowBits) - 1)) << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Pixels256 high, ref Pixels256 low, Pixels256 pairs, int* weights)
    {
        Vector256<short> samples = pairs._lanes.AsInt16();
        high = new(high._lanes + Avx2.MultiplyAddAdjacent(samples, Vector256.Create(weights[0]).AsInt16()));
        low = new(low._lanes + Avx2.MultiplyAddAdjacent(samples, Vector256.Create(weights[1]).AsInt16()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Total(Pixels256 high, Pixels256 low) => new((high._lanes << LowBits) + low._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels256 Quotient(Pixels256 dividend, float divisor) =>
        new(Vector256.ConvertToInt32(Vector256.ConvertToSingle(dividend._lanes) / Vector256.Create(divisor)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNormalised(float* target, Pixels256 value, float mean, float deviation)
    {
        Vector256<float> sample = Vector256.ConvertToSingle(value._lanes) / Vector256.Create(255f);
        Vector256.Store((sample - Vector256.Create(mean)) / Vector256.Create(deviation), target);
    }

    // The instructions pack each half of their operands by itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> InOrder(Vector256<long> packed) => Avx2.Permute4x64(packed, 0b11_01_10_00);
}
