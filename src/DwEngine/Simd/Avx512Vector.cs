using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Simd;

/// <summary>The vocabulary in 512-bit AVX-512.</summary>
internal unsafe struct Avx512Vector : IVector<Avx512Vector>
{
    private Vector512<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Avx512Vector(Vector512<float> lanes) => _lanes = lanes;

    public static Isa Isa => Isa.Avx512;

    public static int Lanes => 16;

    public static int Registers => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LoadBytes(byte* source) =>
        new(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(source))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LoadHalves(ushort* source, Avx512Vector factor) => new(
        (((Avx512F.ConvertToVector512Int32(Vector256.Load(source)) << 16) >> FloatBits.HalfShift) & Vector512.Create(FloatBits.HalfBits))
        .AsSingle() * factor._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Avx512Vector value) => Vector512.Store(value._lanes, target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source) => Sse.Prefetch0(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LoadPartial(float* source, int count) =>
        new(Avx512F.MaskLoad(source, Mask(count), Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Avx512Vector value, int count) => Avx512F.MaskStore(target, Mask(count), value._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LoadRange(float* source, int begin, int end) => new(Avx512F.MaskLoad(
        source,
        (Vector512.GreaterThanOrEqual(Vector512<int>.Indices, Vector512.Create(begin)) & Vector512.LessThan(
            Vector512<int>.Indices, Vector512.Create(end))).AsSingle(),
        Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Even(Avx512Vector a, Avx512Vector b) => new(Avx512F.PermuteVar16x32x2(
        a._lanes, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Odd(Avx512Vector a, Avx512Vector b) => new(Avx512F.PermuteVar16x32x2(
        a._lanes, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector InterleaveLower(Avx512Vector a, Avx512Vector b) => new(Avx512F.PermuteVar16x32x2(
        a._lanes, Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector InterleaveUpper(Avx512Vector a, Avx512Vector b) => new(Avx512F.PermuteVar16x32x2(
        a._lanes, Vector512.Create(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector ShiftUp(Avx512Vector previous, Avx512Vector current) =>
        new(Avx512F.AlignRight32(current._lanes.AsInt32(), previous._lanes.AsInt32(), 15).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector ShiftDown(Avx512Vector current, Avx512Vector next) =>
        new(Avx512F.AlignRight32(next._lanes.AsInt32(), current._lanes.AsInt32(), 1).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector And(Avx512Vector value, Avx512Vector mask) => new(value._lanes & mask._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector MultiplyAdd(Avx512Vector a, Avx512Vector b, Avx512Vector c) =>
        new(Avx512F.FusedMultiplyAdd(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Avx512Vector sum, Avx512Vector a, Avx512Vector b) =>
        sum._lanes = Avx512F.FusedMultiplyAdd(a._lanes, b._lanes, sum._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Avx512Vector sum, Avx512Vector a, float* factor) =>
        sum._lanes = Avx512F.FusedMultiplyAdd(a._lanes, Vector512.Create(*factor), sum._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Add(Avx512Vector a, Avx512Vector b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Multiply(Avx512Vector a, Avx512Vector b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Max(Avx512Vector a, Avx512Vector b) => new(Vector512.Max(a._lanes, b._lanes));

    // The instructions return their second operand when one is NaN or both are zeros, so the value comes second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector AtLeast(Avx512Vector value, Avx512Vector low) => new(Avx512F.Max(low._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector AtMost(Avx512Vector value, Avx512Vector high) => new(Avx512F.Min(high._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Clamp(Avx512Vector value, Avx512Vector low, Avx512Vector high) =>
        AtMost(AtLeast(value, low), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Avx512Vector value) => Avx2Vector.Sum(new Avx2Vector(value._lanes.GetLower() + value._lanes.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector PowerOfTwo(Avx512Vector exponent) =>
        new(Vector512.ShiftLeft(
            (exponent._lanes + Vector512.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Scale(Avx512Vector value, Avx512Vector exponent) =>
        new(Avx512F.Scale(value._lanes, exponent._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Subtract(Avx512Vector a, Avx512Vector b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Divide(Avx512Vector a, Avx512Vector b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector SquareRoot(Avx512Vector value) => new(Vector512.Sqrt(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Min(Avx512Vector a, Avx512Vector b) => new(Vector512.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Floor(Avx512Vector value) => new(Vector512.Floor(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Ceiling(Avx512Vector value) => new(Vector512.Ceiling(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Round(Avx512Vector value) => new(Vector512.Round(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Or(Avx512Vector a, Avx512Vector b) => new(a._lanes | b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Xor(Avx512Vector a, Avx512Vector b) => new(a._lanes ^ b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Less(Avx512Vector a, Avx512Vector b) => new(Vector512.LessThan(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LessOrEqual(Avx512Vector a, Avx512Vector b) => new(Vector512.LessThanOrEqual(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Equal(Avx512Vector a, Avx512Vector b) => new(Vector512.Equals(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector Select(Avx512Vector mask, Avx512Vector a, Avx512Vector b) =>
        new(Vector512.ConditionalSelect(mask._lanes, a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector ExponentOf(Avx512Vector value) =>
        new((Vector512.ShiftRightLogical(value._lanes.AsInt32(), FloatBits.FractionBits) | Vector512.Create(
            FloatBits.WholeNumberBits)).AsSingle()
        - Vector512.Create(FloatBits.ExponentBias));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Vector LoadMask(byte* source) =>
        new(~Vector512.Equals(Avx512F.ConvertToVector512Int32(Vector128.Load(source)), Vector512<int>.Zero).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Avx512Vector mask) =>
        Vector128.Store(Avx512F.ConvertToVector128Byte(mask._lanes.AsUInt32()) & Vector128.Create((byte)1), target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Mask(int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}
