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

    /// <summary>
    /// An instruction set that this CPU has and this process cannot use, though it is better than <see cref="Best"/>; null if there is
    /// none. A program that was compiled ahead of time leaves out what its target lacks (property <c>IlcInstructionSet</c>), and the
    /// runtime what a variable such as <c>DOTNET_EnableAVX512</c> switches off.
    /// </summary>
    public static Isa? LeftOut { get; } = X86Base.IsSupported && OfX86() is { } isa && isa > Best ? isa : null;

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

    // What the CPU itself says. Bits of leaf 1, register c: 12 FMA, 27 vectors are saved by the system, 28 AVX; of leaf 7, register b:
    // 5 AVX2, 16, 17, 30 and 31 the parts of AVX-512.
    private static Isa? OfX86()
    {
        const uint Avx = (1u << 12) | (1u << 27) | (1u << 28), Avx2 = 1u << 5, Avx512 = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
        (int highest, _, _, _) = X86Base.CpuId(0, 0);
        (_, _, int first, _) = X86Base.CpuId(1, 0);
        if (highest < 7 || ((uint)first & Avx) != Avx)
        {
            return null;
        }

        (_, int second, _, _) = X86Base.CpuId(7, 0);
        return ((uint)second & Avx2) == 0 ? null : ((uint)second & Avx512) == Avx512 ? Isa.Avx512 : Isa.Avx2;
    }
}
