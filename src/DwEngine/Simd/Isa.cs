using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace DwEngine.Simd;

/// <summary>An instruction set for which kernels exist.</summary>
public enum Isa
{
    /// <summary>128-bit vectors by .NET's portable API; runs everywhere, in software where there is no hardware for it.</summary>
    Portable,

    /// <summary>128-bit ARM64 Advanced SIMD.</summary>
    Neon,

    /// <summary>256-bit AVX2 with FMA.</summary>
    Avx2,

    /// <summary>512-bit AVX-512 (F, VL, DQ, BW).</summary>
    Avx512,
}

/// <summary>What the CPU that runs this process can execute.</summary>
public static class Isas
{
    /// <summary>The fastest instruction set of this CPU.</summary>
    public static Isa Best { get; } = Enum.GetValues<Isa>().Where(IsSupported).Max();

    /// <summary>Every instruction set that this CPU can run, slowest first.</summary>
    public static IReadOnlyList<Isa> Supported { get; } = [.. Enum.GetValues<Isa>().Where(IsSupported).Order()];

    /// <summary>Whether this CPU can run kernels of <paramref name="isa"/>.</summary>
    public static bool IsSupported(Isa isa) => isa switch
    {
        Isa.Portable => true,
        Isa.Neon => AdvSimd.Arm64.IsSupported,
        Isa.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        Isa.Avx512 => Avx512F.IsSupported && Avx512F.VL.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported
            && Vector512.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported,
        _ => false,
    };

    /// <summary>
    /// Whether kernels of <paramref name="isa"/> give, in this process, the bits that all instruction sets give. True but for one case:
    /// <see cref="Isa.Portable"/> on a CPU, or in a program compiled ahead of time for a CPU, that has vectors but no fused multiply-add.
    /// </summary>
    public static bool IsReproducible(Isa isa) => isa != Isa.Portable || Fused.IsUsed;

    /// <summary>Throws unless this CPU can run kernels of <paramref name="isa"/>.</summary>
    /// <exception cref="PlatformNotSupportedException">The CPU lacks the instruction set.</exception>
    public static void ThrowIfUnsupported(Isa isa)
    {
        if (!IsSupported(isa))
        {
            throw new PlatformNotSupportedException(
                $"This CPU cannot run {isa} kernels; it supports {string.Join(", ", Supported)}.");
        }
    }
}
