using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using Vector = System.Runtime.Intrinsics.Vector128<float>;

namespace DwEngine.Simd;

/// <summary>The vocabulary in 128-bit ARM64 Advanced SIMD.</summary>
internal readonly unsafe struct NeonSimd : ISimd<Vector>
{
    public static Isa Isa => Isa.Neon;

    public static int Lanes => 4;

    public static int Registers => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Load(float* source) => AdvSimd.LoadVector128(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadBytes(byte* source) => AdvSimd.ConvertToSingle(AdvSimd.ZeroExtendWideningLower(AdvSimd.ZeroExtendWideningLower(
        Vector64.CreateScalar(Unsafe.ReadUnaligned<uint>(source)).AsByte()).GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector value) => AdvSimd.Store(target, value);

    // There is no such instruction to be had; the hardware's own prefetching has to do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* source)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadPartial(float* source, int count) => PartialVector.Load(source, 0, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector value, int count) => PartialVector.Store(target, value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadRange(float* source, int begin, int end) => PartialVector.Load(source, begin, end);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Even(Vector a, Vector b) => AdvSimd.Arm64.UnzipEven(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Odd(Vector a, Vector b) => AdvSimd.Arm64.UnzipOdd(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ShiftUp(Vector previous, Vector current) => AdvSimd.ExtractVector128(previous, current, 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ShiftDown(Vector current, Vector next) => AdvSimd.ExtractVector128(current, next, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector And(Vector value, Vector mask) => value & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector MultiplyAdd(Vector a, Vector b, Vector c) => AdvSimd.FusedMultiplyAdd(c, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Add(Vector a, Vector b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Multiply(Vector a, Vector b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Max(Vector a, Vector b) => AdvSimd.Max(a, b);

    // The maximum of -0 and a bound of +0 would be +0. The minimum keeps a zero as it is, since no upper bound is -0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Clamp(Vector value, Vector low, Vector high) =>
        AdvSimd.Min(high, AdvSimd.BitwiseSelect(AdvSimd.CompareGreaterThan(low, value), low, value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector value) => LaneSum.Of(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector PowerOfTwo(Vector exponent) =>
        Vector128.ShiftLeft((exponent + Vector128.Create(FloatBits.ExponentOffset)).AsInt32(), FloatBits.FractionBits).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Subtract(Vector a, Vector b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Divide(Vector a, Vector b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector SquareRoot(Vector value) => Vector128.Sqrt(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Min(Vector a, Vector b) => Vector128.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Floor(Vector value) => Vector128.Floor(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Ceiling(Vector value) => Vector128.Ceiling(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Round(Vector value) => Vector128.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Or(Vector a, Vector b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Xor(Vector a, Vector b) => a ^ b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Less(Vector a, Vector b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LessOrEqual(Vector a, Vector b) => Vector128.LessThanOrEqual(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Equal(Vector a, Vector b) => Vector128.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Select(Vector mask, Vector a, Vector b) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector ExponentOf(Vector value) =>
        (Vector128.ShiftRightLogical(value.AsInt32(), FloatBits.FractionBits) | Vector128.Create(FloatBits.WholeNumberBits)).AsSingle()
        - Vector128.Create(FloatBits.ExponentBias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadMask(byte* source) => PartialVector.LoadMask(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMask(byte* target, Vector mask) => PartialVector.StoreMask(target, mask);
}
