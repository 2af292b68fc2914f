using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Simd;

/// <summary>
/// The one decision whether a product and a sum that belong together are rounded once or twice, where code is written in .NET's portable
/// vectors.
/// </summary>
internal static class Fused
{
    /// <summary>
    /// Whether they are rounded once, as by every other vocabulary. Hardware that has vectors but no such instruction would need a call for
    /// each lane, many times the cost of the vector; where vectors are in software too, rounding once costs no more than twice.
    /// </summary>
    public static bool IsUsed
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Fma.IsSupported || AdvSimd.IsSupported || !Vector.IsHardwareAccelerated;
    }

    /// <summary>a * b + c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) => IsUsed ? Math.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    /// <summary>a * b + c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> MultiplyAdd(Vector<double> a, Vector<double> b, Vector<double> c) =>
        IsUsed ? Vector.FusedMultiplyAdd(a, b, c) : (a * b) + c;
}
