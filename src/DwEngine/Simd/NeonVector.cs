using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace DwEngine.Simd;

/// <summary>The vocabulary in 128-bit ARM64 Advanced SIMD.</summary>
internal unsafe struct NeonVector : IVector<NeonVector>
{
    private Vector128<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NeonVector(Vector128<float> lanes) => _lanes = lanes;

    public static Isa Isa => Isa.Neon;

    public static int Lanes => 4;

    public static int Registers => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Load(float* source) => new(AdvSimd.LoadVector128(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LoadBytes(byte* source) =>
        new(AdvSimd.ConvertToSingle(AdvSimd.ZeroExtendWideningLower(AdvSimd.ZeroExtendWideningLower(
        Vector64.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte()).GetLower())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LoadHalves(ushort* source, NeonVector factor) => new(
        (((AdvSimd.ZeroExtendWideningLower(AdvSimd.LoadVector64(source)).AsInt32() << 16) >> FloatBits.HalfShift)
            & Vector128.Create(FloatBits.HalfBits)).AsSingle() * factor._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, NeonVector value) => AdvSimd.Store(target, value._lanes);

    // There is no such instruction to be had; the hardware's own prefetching has to do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LoadPartial(float* source, int count) => new(PartialVector.Load(source, 0, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, NeonVector value, int count) => PartialVector.Store(target, value._lanes, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LoadRange(float* source, int begin, int end) => new(PartialVector.Load(source, begin, end));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Even(NeonVector a, NeonVector b) => new(AdvSimd.Arm64.UnzipEven(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Odd(NeonVector a, NeonVector b) => new(AdvSimd.Arm64.UnzipOdd(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector InterleaveLower(NeonVector a, NeonVector b) => new(AdvSimd.Arm64.ZipLow(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector InterleaveUpper(NeonVector a, NeonVector b) => new(AdvSimd.Arm64.ZipHigh(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector ShiftUp(NeonVector previous, NeonVector current) =>
        new(AdvSimd.ExtractVector128(previous._lanes, current._lanes, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector ShiftDown(NeonVector current, NeonVector next) =>
        new(AdvSimd.ExtractVector128(current._lanes, next._lanes, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector And(NeonVector value, NeonVector mask) => new(value._lanes & mask._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector MultiplyAdd(NeonVector a, NeonVector b, NeonVector c) =>
        new(AdvSimd.FusedMultiplyAdd(c._lanes, a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref NeonVector sum, NeonVector a, NeonVector b) =>
        sum._lanes = AdvSimd.FusedMultiplyAdd(sum._lanes, a._lanes, b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref NeonVector sum, NeonVector a, float* factor) =>
        sum._lanes = AdvSimd.FusedMultiplyAdd(sum._lanes, a._lanes, Vector128.Create(*factor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Add(NeonVector a, NeonVector b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Multiply(NeonVector a, NeonVector b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Max(NeonVector a, NeonVector b) => new(AdvSimd.Max(a._lanes, b._lanes));

    // The maximum of -0 and a bound of +0 would be +0. The minimum keeps a zero as it is, since no upper bound is -0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector AtLeast(NeonVector value, NeonVector low) =>
        new(AdvSimd.BitwiseSelect(AdvSimd.CompareGreaterThan(low._lanes, value._lanes), low._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector AtMost(NeonVector value, NeonVector high) => new(AdvSimd.Min(high._lanes, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Clamp(NeonVector value, NeonVector low, NeonVector high) =>
        AtMost(AtLeast(value, low), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(NeonVector value) => LaneSum.Of(value._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector PowerOfTwo(NeonVector exponent) =>
        new(Vector128.ShiftLeft(
            (exponent._lanes + Vector128.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Scale(NeonVector value, NeonVector exponent) =>
        PowerFactors<NeonVector>.Scale(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Subtract(NeonVector a, NeonVector b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Divide(NeonVector a, NeonVector b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector SquareRoot(NeonVector value) => new(Vector128.Sqrt(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Min(NeonVector a, NeonVector b) => new(Vector128.Min(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Floor(NeonVector value) => new(Vector128.Floor(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Ceiling(NeonVector value) => new(Vector128.Ceiling(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Round(NeonVector value) => new(Vector128.Round(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Or(NeonVector a, NeonVector b) => new(a._lanes | b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Xor(NeonVector a, NeonVector b) => new(a._lanes ^ b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Less(NeonVector a, NeonVector b) => new(Vector128.LessThan(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LessOrEqual(NeonVector a, NeonVector b) => new(Vector128.LessThanOrEqual(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Equal(NeonVector a, NeonVector b) => new(Vector128.Equals(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector Select(NeonVector mask, NeonVector a, NeonVector b) =>
        new(Vector128.ConditionalSelect(mask._lanes, a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector ExponentOf(NeonVector value) =>
        new((Vector128.ShiftRightLogical(value._lanes.AsInt32(), FloatBits.FractionBits) | Vector128.Create(
            FloatBits.WholeNumberBits)).AsSingle()
        - Vector128.Create(FloatBits.ExponentBias));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonVector LoadMask(byte* source) => new(PartialVector.LoadMask(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, NeonVector mask) => PartialVector.StoreMask(target, mask._lanes);
}
