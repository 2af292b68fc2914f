using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Simd;

/// <summary>The vocabulary in 256-bit AVX2 with FMA.</summary>
internal unsafe struct Avx2Vector : IVector<Avx2Vector>
{
    private Vector256<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Avx2Vector(Vector256<float> lanes) => _lanes = lanes;

    public static Isa Isa => Isa.Avx2;

    public static int Lanes => 8;

    public static int Registers => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LoadBytes(byte* source) => new(Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LoadHalves(ushort* source, Avx2Vector factor) => new(
        (((Avx2.ConvertToVector256Int32(Vector128.Load(source)) << 16) >> FloatBits.HalfShift) & Vector256.Create(FloatBits.HalfBits))
        .AsSingle() * factor._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Avx2Vector value) => Vector256.Store(value._lanes, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source) => Sse.Prefetch0(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LoadPartial(float* source, int count) => new(Avx.MaskLoad(source, Mask(count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Avx2Vector value, int count)
    {
        // Both write the same; the newer instruction is many times faster on some CPUs.
        if (Avx512F.VL.IsSupported)
        {
            Avx512F.VL.MaskStore(target, Mask(count), value._lanes);
        }
        else
        {
            Avx.MaskStore(target, Mask(count), value._lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LoadRange(float* source, int begin, int end) => new(Avx.MaskLoad(
        source,
        (Vector256.GreaterThanOrEqual(Vector256<int>.Indices, Vector256.Create(begin)) & Vector256.LessThan(
            Vector256<int>.Indices, Vector256.Create(end))).AsSingle()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Even(Avx2Vector a, Avx2Vector b) =>
        new(Avx2.Permute4x64(Avx.Shuffle(a._lanes, b._lanes, 0b10_00_10_00).AsDouble(), 0b11_01_10_00).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Odd(Avx2Vector a, Avx2Vector b) =>
        new(Avx2.Permute4x64(Avx.Shuffle(a._lanes, b._lanes, 0b11_01_11_01).AsDouble(), 0b11_01_10_00).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector InterleaveLower(Avx2Vector a, Avx2Vector b) =>
        new(Avx.Permute2x128(Avx.UnpackLow(a._lanes, b._lanes), Avx.UnpackHigh(a._lanes, b._lanes), 0x20));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector InterleaveUpper(Avx2Vector a, Avx2Vector b) =>
        new(Avx.Permute2x128(Avx.UnpackLow(a._lanes, b._lanes), Avx.UnpackHigh(a._lanes, b._lanes), 0x31));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector ShiftUp(Avx2Vector previous, Avx2Vector current)
    {
        Vector256<float> middle = Avx.Permute2x128(previous._lanes, current._lanes, 0x21);
        return new(Avx2.AlignRight(current._lanes.AsByte(), middle.AsByte(), 12).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector ShiftDown(Avx2Vector current, Avx2Vector next)
    {
        Vector256<float> middle = Avx.Permute2x128(current._lanes, next._lanes, 0x21);
        return new(Avx2.AlignRight(middle.AsByte(), current._lanes.AsByte(), 4).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector And(Avx2Vector value, Avx2Vector mask) => new(value._lanes & mask._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector MultiplyAdd(Avx2Vector a, Avx2Vector b, Avx2Vector c) => new(Fma.MultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Avx2Vector sum, Avx2Vector a, Avx2Vector b) =>
        sum._lanes = Fma.MultiplyAdd(a._lanes, b._lanes, sum._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Avx2Vector sum, Avx2Vector a, float* factor) =>
        sum._lanes = Fma.MultiplyAdd(a._lanes, Vector256.Create(*factor), sum._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Add(Avx2Vector a, Avx2Vector b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Multiply(Avx2Vector a, Avx2Vector b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Max(Avx2Vector a, Avx2Vector b) => new(Vector256.Max(a._lanes, b._lanes));

    // The instructions return their second operand when one is NaN or both are zeros, so the value comes second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector AtLeast(Avx2Vector value, Avx2Vector low) => new(Avx.Max(low._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector AtMost(Avx2Vector value, Avx2Vector high) => new(Avx.Min(high._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Clamp(Avx2Vector value, Avx2Vector low, Avx2Vector high) =>
        AtMost(AtLeast(value, low), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx2Vector value) => LaneSum.Of(value._lanes.GetLower() + value._lanes.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector PowerOfTwo(Avx2Vector exponent) =>
        new(Vector256.ShiftLeft(
            (exponent._lanes + Vector256.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Scale(Avx2Vector value, Avx2Vector exponent) =>
        PowerFactors<Avx2Vector>.Scale(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Subtract(Avx2Vector a, Avx2Vector b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Divide(Avx2Vector a, Avx2Vector b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector SquareRoot(Avx2Vector value) => new(Vector256.Sqrt(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Min(Avx2Vector a, Avx2Vector b) => new(Vector256.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Floor(Avx2Vector value) => new(Vector256.Floor(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Ceiling(Avx2Vector value) => new(Vector256.Ceiling(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Round(Avx2Vector value) => new(Vector256.Round(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Or(Avx2Vector a, Avx2Vector b) => new(a._lanes | b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Xor(Avx2Vector a, Avx2Vector b) => new(a._lanes ^ b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Less(Avx2Vector a, Avx2Vector b) => new(Vector256.LessThan(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LessOrEqual(Avx2Vector a, Avx2Vector b) => new(Vector256.LessThanOrEqual(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Equal(Avx2Vector a, Avx2Vector b) => new(Vector256.Equals(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector Select(Avx2Vector mask, Avx2Vector a, Avx2Vector b) =>
        new(Vector256.ConditionalSelect(mask._lanes, a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector ExponentOf(Avx2Vector value) =>
        new((Vector256.ShiftRightLogical(value._lanes.AsInt32(), FloatBits.FractionBits) | Vector256.Create(
            FloatBits.WholeNumberBits)).AsSingle()
        - Vector256.Create(FloatBits.ExponentBias));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Vector LoadMask(byte* source) =>
        new(~Vector256.Equals(Avx2.ConvertToVector256Int32(source), Vector256<int>.Zero).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Avx2Vector mask)
    {
        Vector128<short> pairs = Sse2.PackSignedSaturate(mask._lanes.GetLower().AsInt32(), mask._lanes.GetUpper().AsInt32());
        Vector128<sbyte> bytes = Sse2.PackSignedSaturate(pairs, pairs) & Vector128.Create((sbyte)1);
        Unsafe.WriteUnaligned(target, bytes.AsUInt64().ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Mask(int count) =>
        Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
}
