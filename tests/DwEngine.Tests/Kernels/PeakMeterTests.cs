using DwEngine.Simd;
using Xunit;

namespace DwEngine.Tests.Kernels;

public class PeakMeterTests
{
    public static TheoryData<Isa> SupportedIsas => [.. Isas.Supported];

    [Theory]
    [MemberData(nameof(SupportedIsas))]
    public void A_sample_gives_a_rate_and_never_lowers_it(Isa isa)
    {
        var meter = new PeakMeter(isa);
        Assert.Throws<InvalidOperationException>(() => meter.GigaMacsPerSecond);
        Assert.Throws<InvalidOperationException>(() => meter.Quiet);

        meter.Sample();
        double first = meter.GigaMacsPerSecond;
        meter.Sample();

        Assert.Equal(isa, meter.Isa);
        Assert.InRange(first, double.Epsilon, meter.GigaMacsPerSecond);
        Assert.InRange(meter.Quiet, double.Epsilon, 1);
    }

    [Fact]
    public void An_instruction_set_that_the_CPU_lacks_is_refused() => Assert.All(
        Enum.GetValues<Isa>().Where(isa => !Isas.IsSupported(isa)), isa =>
            Assert.Throws<PlatformNotSupportedException>(() => new PeakMeter(isa)));
}
