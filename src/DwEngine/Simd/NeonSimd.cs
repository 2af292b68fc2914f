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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Load(float* source) => AdvSimd.LoadVector128(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector value) => AdvSimd.Store(target, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadPartial(float* source, int count) => PartialVector.Load(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(float* target, Vector value, int count) => PartialVector.Store(target, value, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadEven(float* source) =>
        AdvSimd.Arm64.UnzipEven(AdvSimd.LoadVector128(source), AdvSimd.LoadVector128(source + 4));

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Clamp(Vector value, Vector low, Vector high) => AdvSimd.Min(high, AdvSimd.Max(low, value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector value) => Vector128.Sum(value);
}
