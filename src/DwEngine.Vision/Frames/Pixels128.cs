using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Vision.Frames;

/// <summary>The vocabulary in 128 bits: ARM64 Advanced SIMD, and .NET's portable vectors everywhere else.</summary>
internal readonly unsafe struct Pixels128 : IPixelVector<Pixels128>
{
    private readonly Vector128<int> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Pixels128(Vector128<int> lanes) => _lanes = lanes;

    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Broadcast(int value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Load(byte* source) => new(Vector128.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 LoadBytes(byte* source) =>
        new(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)source).AsByte())).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 LoadPairs(byte* source) =>
        new(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsByte()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Add(Pixels128 a, Pixels128 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Multiply(Pixels128 a, Pixels128 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 And(Pixels128 a, Pixels128 b) => new(a._lanes & b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Min(Pixels128 a, Pixels128 b) => new(Vector128.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Max(Pixels128 a, Pixels128 b) => new(Vector128.Max(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 ShiftLeft(Pixels128 value, int bits) => new(value._lanes << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 ShiftRight(Pixels128 value, int bits) => new(value._lanes >> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 ShiftRightLogical(Pixels128 value, int bits) => new(value._lanes >>> bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 SubtractPairs(Pixels128 a, Pixels128 b) =>
        new(Vector128.SubtractSaturate(a._lanes.AsUInt16(), b._lanes.AsUInt16()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Join(Pixels128 even, Pixels128 odd) =>
        new(Vector128.ConditionalSelect(Vector128.Create(0xFFFF), even._lanes, odd._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Pack(Pixels128 a, Pixels128 b) => new(Vector128.Narrow(a._lanes, b._lanes).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBytes(byte* target, Pixels128 a, Pixels128 b) =>
        Bytes(a._lanes.AsInt16(), b._lanes.AsInt16()).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int Second) Weigh(int even, int odd) => (even, odd);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Pixels128 high, ref Pixels128 low, Pixels128 pairs, int* weights)
    {
        Vector128<int> lower = pairs._lanes & Vector128.Create(0xFFFF), upper = pairs._lanes >>> 16;
        low = new(AdvSimd.IsSupported
            ? AdvSimd.MultiplyAdd(
                AdvSimd.MultiplyAdd(low._lanes, lower, Vector128.Create(weights[0])), upper, Vector128.Create(weights[1]))
            : low._lanes + (lower * Vector128.Create(weights[0])) + (upper * Vector128.Create(weights[1])));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Total(Pixels128 high, Pixels128 low) => low;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pixels128 Quotient(Pixels128 dividend, float divisor) =>
        new(Vector128.ConvertToInt32(Vector128.ConvertToSingle(dividend._lanes) / Vector128.Create(divisor)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreNormalised(float* target, Pixels128 value, float mean, float deviation)
    {
        Vector128<float> sample = Vector128.ConvertToSingle(value._lanes) / Vector128.Create(255f);
        Vector128.Store((sample - Vector128.Create(mean)) / Vector128.Create(deviation), target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Bytes(Vector128<short> a, Vector128<short> b)
    {
        if (AdvSimd.IsSupported)
        {
            return AdvSimd.ExtractNarrowingSaturateUnsignedUpper(AdvSimd.ExtractNarrowingSaturateUnsignedLower(a), b);
        }

        if (Sse2.IsSupported)
        {
            return Sse2.PackUnsignedSaturate(a, b);
        }

        Vector128<short> zero = Vector128<short>.Zero, most = Vector128.Create((short)byte.MaxValue);
        return Vector128.Narrow(
            Vector128.Min(Vector128.Max(a, zero), most).AsUInt16(), Vector128.Min(Vector128.Max(b, zero), most).AsUInt16());
    }
}
