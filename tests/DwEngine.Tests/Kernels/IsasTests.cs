using System.Runtime.Intrinsics.X86;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Tests.Kernels;

public class IsasTests
{
    [Fact]
    public void What_is_left_out_is_what_the_system_lists_and_this_process_cannot_use()
    {
        Assert.SkipUnless(X86Base.IsSupported && File.Exists("/proc/cpuinfo"), "Only Linux on x64 lists the features of its CPU.");
        string[] flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ');
        bool avx2 = flags.Contains("avx2") && flags.Contains("fma");
        bool avx512 = avx2 && new[] { "avx512f", "avx512vl", "avx512bw", "avx512dq" }.All(flags.Contains);
        Isa best = avx512 ? Isa.Avx512 : avx2 ? Isa.Avx2 : Isa.Portable;

        Assert.Equal(best > Isas.Best ? best : null, Isas.LeftOut);
    }
}
