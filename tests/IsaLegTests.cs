using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Tests;

/// <summary>
/// Holds a test run to the instruction set that <c>DWENGINE_EXPECTED_ISA</c> says it covers. The runtime ignores a misspelt or
/// withdrawn <c>DOTNET_Enable...</c> switch silently, so without this a run could cover the same instruction set as the one before it.
/// What the engine takes for the best must agree with the hardware flags, which are asked for here a second time.
/// </summary>
public class IsaLegTests
{
    [Fact]
    public void Hardware_offers_exactly_what_the_run_claims()
    {
        string? expected = Environment.GetEnvironmentVariable("DWENGINE_EXPECTED_ISA");
        Assert.SkipWhen(string.IsNullOrEmpty(expected), "DWENGINE_EXPECTED_ISA is not set: this run claims no instruction set.");

        bool avx512 = Avx512F.IsSupported && Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;
        bool avx2 = Avx2.IsSupported && Fma.IsSupported && Vector256.IsHardwareAccelerated;
        bool neon = AdvSimd.IsSupported && AdvSimd.Arm64.IsSupported && Vector128.IsHardwareAccelerated;
        switch (expected)
        {
            case "avx512":
                Assert.True(avx512 && avx2);
                Assert.Equal(Isa.Avx512, Isas.Best);
                break;
            case "avx2":
                Assert.True(avx2);
                Assert.Equal(Isa.Avx2, Isas.Best);
                Assert.False(Avx512F.IsSupported || Avx512F.VL.IsSupported || Vector512.IsHardwareAccelerated);
                break;
            case "neon":
                Assert.Equal(Architecture.Arm64, RuntimeInformation.ProcessArchitecture);
                Assert.True(neon);
                Assert.Equal(Isa.Neon, Isas.Best);
                break;
            case "portable":
                Assert.False(Avx2.IsSupported || Fma.IsSupported || Avx512F.IsSupported || AdvSimd.IsSupported);
                Assert.False(Vector128.IsHardwareAccelerated || Vector256.IsHardwareAccelerated || Vector512.IsHardwareAccelerated);
                Assert.Equal(Isa.Portable, Isas.Best);
                break;
            default:
                Assert.Fail($"DWENGINE_EXPECTED_ISA is {expected}; expected avx512, avx2, neon or portable.");
                break;
        }
    }
}
