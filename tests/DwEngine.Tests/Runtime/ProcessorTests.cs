using DwEngine.Simd;
using Xunit;

namespace DwEngine.Tests.Runtime;

public sealed class ProcessorTests
{
    [Theory]
    [InlineData("AMD EPYC 9354", "processor\t: 0", "model\t\t: 17", "model name\t: AMD EPYC 9354 ", "", "model name\t: another")]
    [InlineData("Raspberry Pi 5 Model B", "CPU implementer\t: 0x41", "CPU part\t: 0xd0b", "", "Model\t\t: Raspberry Pi 5 Model B")]
    [InlineData("BCM2835", "Hardware\t: BCM2835", "CPU implementer\t: 0x41", "CPU part\t: 0xd0b")]
    [InlineData("ARM core, implementer 0x41, part 0xd0c", "processor\t: 0", "CPU implementer\t: 0x41", "CPU part\t: 0xd0c")]
    [InlineData("a: b", "model name : a: b")]
    [InlineData(null, "processor : 0", "model name\t: ", "no colon")]
    [InlineData(null)]
    public void Linux_names_its_CPU_or_board(string? expected, params string[] lines) => Assert.Equal(expected, Processor.NameIn(lines));

    [Fact]
    public void This_CPU_has_a_name_of_one_line()
    {
        Assert.NotEmpty(Processor.Name);
        Assert.Equal(Processor.Name.Trim(), Processor.Name);
        Assert.DoesNotContain(Processor.Name, char.IsControl);
    }
}
