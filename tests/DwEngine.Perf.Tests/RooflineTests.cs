using DwEngine.Benchmarks.Roofline;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Perf.Tests;

public class RooflineTests
{
    // 1000 multiply-adds and 1000 bytes of weights take a microsecond each, planes half of that.
    private static readonly Ceilings s_ceilings = new(GigaMacs: 1, PlaneGigaBytes: 2, WeightGigaBytes: 1);

    [Theory]
    [InlineData("expected --roofline MODEL")]
    [InlineData("expected --roofline MODEL", "--threads", "2")]
    [InlineData("no such a.pth", "no such a.pth", "no such b.pth")]
    [InlineData("expected --roofline MODEL", "a.pth", "--batch", "1")]
    [InlineData("found '0'", "a.pth", "--threads", "0")]
    [InlineData("found '1.5'", "--threads", "1.5", "a.pth")]
    [InlineData("found '257'", "a.pth", "--threads", "257")]
    [InlineData("no such file.pth", "no such file.pth")]
    public void What_cannot_be_measured_is_one_line_and_exit_code_1(string problem, params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        Assert.Equal(1, RooflineCommand.Run([RooflineCommand.Option, .. arguments], output, errors));
        Assert.Empty(output.ToString());
        string line = errors.ToString().TrimEnd();
        Assert.StartsWith("--roofline: ", line);
        Assert.Contains(problem, line);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Work_counts_every_element_once()
    {
        var random = new Random(1);
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 4, 5, 5));
        ValueHandle y = x.Convolution(
            TestTensors.Random(random, new Shape(8, 4, 1, 1)), TestTensors.Random(random, new Shape(8)), Window.Square(1),
            name: "stage2.3.branch1.0");
        var model = new Model(x.Builder.Build(
            y.Convolution(TestTensors.Random(random, new Shape(8, 1, 3, 3)), null, Window.Square(3, 2, 1), 8, name: "last")));
        using Session session = model.CreateSession();
        LayerWork[] works = [.. LayerWork.Of(session)];
        Assert.Equal(session.Steps.Length, works.Length);
        Assert.Contains(
            new LayerWork(
                "stage2", 3, "Convolution pointwise 1x1 4x8, 5x5", 4 * 8 * 25, 4 * 8 * 25, ((4 * 8) + 8) * 4, (4 + 8) * 25 * 4), works);
        Assert.Contains(
            new LayerWork(
                "last", null, "Convolution depthwise 3x3, stride 2 8x8, 3x3", 8 * 9 * 9, 8 * 9 * 9, 8 * 9 * 4, 8 * (25 + 9) * 4), works);
        Assert.Equal(new LayerWork("output last", null, "copy", 0, 0, 0, 2 * 8 * 9 * 4), works[^1]);
        Assert.Equal(works.Sum(work => work.WeightBytes), LayerWork.AllWeightBytes(model.Optimized));
    }

    [Theory]
    [InlineData(9000, 1000, 1000, 9)]
    [InlineData(1000, 5000, 1000, 5)]
    [InlineData(1000, 5000, 9000, 7)]
    public void The_roof_is_the_slowest_of_computing_and_both_ways_of_the_bytes(
        long multiplyAdds, long weightBytes, long planeBytes, double microseconds) =>
        Assert.Equal(
            microseconds, s_ceilings.Roof(new LayerWork("x", null, "", multiplyAdds, multiplyAdds, weightBytes, planeBytes)), 1e-9);

    [Fact]
    public void Equal_layers_of_a_part_share_a_row()
    {
        MeasuredStep[] steps =
        [
            new(new LayerWork("stage2", 0, "a", 2000, 2000, 0, 1024), 4, 3),
            new(new LayerWork("stage2", 1, "b", 0, 0, 0, 1024), 1, 1),
            new(new LayerWork("stage2", 2, "a", 2000, 2000, 0, 1024), 6, 5),
            new(new LayerWork("stage3", 1, "a", 2000, 2000, 0, 1024), 5, 2),
        ];
        Assert.Equal(
            [
                "| stage2.0-2 a | 2 | 0.00 | 2 | 4.0 | 1.0 | 4.0 | 10.0 | 6.0 | 40 % | 8.0 |",
                "| stage2.1 b | 1 | 0.00 | 1 | 0.0 | 0.5 | 0.5 | 1.0 | 0.5 | 51 % | 1.0 |",
                "| stage3.1 a | 1 | 0.00 | 1 | 2.0 | 0.5 | 2.0 | 5.0 | 3.0 | 40 % | 2.0 |",
                "| total | 4 | 0.01 | 4 | 6.0 | 2.0 | 6.5 | 16.0 | 9.5 | 41 % | 11.0 |",
            ],
            RooflineRow.Of(steps).Select(row => row.ToMarkdown(s_ceilings)));
    }

    [Fact]
    public void Every_step_of_a_network_is_in_one_row()
    {
        using Session session = TestModels.ShuffleNet().CreateSession();
        RooflineRow[] rows = [.. RooflineRow.Of([.. LayerWork.Of(session).Select(work => new MeasuredStep(work, 1, 1))])];
        Assert.Equal("total", rows[^1].Name);
        Assert.Equal(session.Steps.Length, rows[^1].Steps.Count);
        Assert.Equal(session.Steps.Length, rows[..^1].Sum(row => row.Steps.Count));
        Assert.Equal(rows.Length, rows.Select(row => row.Name).Distinct().Count());
        Assert.Equal(session.Steps.Sum(step => step.MultiplyAdds), rows[^1].Steps.Sum(step => step.Work.MultiplyAdds));
    }

    [Fact]
    public void Of_several_networks_with_Winograd_and_attention_to_channels_the_totals_are_printed()
    {
        using StringWriter output = new(), errors = new();
        Assert.Equal(0, RooflineCommand.Run([RooflineCommand.Option, "squeezenet1_1", "mobilenet_v3_small"], output, errors));
        Assert.Empty(errors.ToString());
        string[] rows = [.. output.ToString().Split('\n').Where(line => line.StartsWith('|'))];
        Assert.Equal(4, rows.Length);
        Assert.StartsWith("| squeezenet1_1 | ", rows[2], StringComparison.Ordinal);
        Assert.Contains(" | 349.15 | ", rows[2], StringComparison.Ordinal);
        Assert.StartsWith("| mobilenet_v3_small | ", rows[3], StringComparison.Ordinal);
    }
}
