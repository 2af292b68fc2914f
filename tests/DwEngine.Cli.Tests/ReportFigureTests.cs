using System.Globalization;
using System.Text;
using System.Text.Json;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>Each figure of a report stands where it belongs; all that a report is made of differ.</summary>
public class ReportFigureTests
{
    private static readonly DecomposeReport s_decompose = Decompose();

    [Fact]
    public void Json_of_a_decomposition_has_every_figure_under_its_name()
    {
        JsonElement json = Json(s_decompose);
        AssertNumbers(
            json,
            ("images", 100), ("decomposed", 1), ("macs_before", 21_000_000), ("macs_after", 6_000_000), ("parameters_before", 5000),
            ("parameters_after", 4000), ("ms_before", 3), ("ms_after", 1.25));
        AssertNumbers(
            json.GetProperty("layers")[0],
            ("groups", 2), ("rank", 3), ("retained_energy", 0.8), ("relative_error", 0.9), ("response_error", 0.1), ("positions", 640),
            ("macs_before", 14_000_000), ("macs_after", 2_000_000), ("parameters_before", 1300), ("parameters_after", 300),
            ("ms_before", 0.5), ("ms_after", 0.125));
        AssertAgreement(json.GetProperty("comparison"));
    }

    [Fact]
    public void Text_of_a_decomposition_has_every_figure_in_its_column()
    {
        string text = Text(s_decompose);
        AssertRow(text, "layer decision shape method rank energy error on data MACs after params after ms after",
            "one decomposed 8x8x3x3, 2 groups joint 3 80.00 % 0.9000 0.1000 14.00 M 2.00 M 1.3 k 0.3 k 0.5000 0.1250");
        AssertRow(text, "network before after ratio", "multiply-adds 21.00 M 6.00 M 3.50");
        AssertRow(text, "network before after ratio", "parameters 5.0 k 4.0 k 1.25");
        AssertRow(text, "network before after ratio", "median time, 1 thread 3.000 ms 1.250 ms 2.40");
        Assert.Contains(
            "On 100 images: top-1 85.00 % before, 81.00 % after; same first answer on 90.00 %, error of the logits 0.01.", text);
    }

    [Fact]
    public void A_comparison_has_every_figure_under_its_name_and_in_its_column()
    {
        InputDescription input = InputDescription.Of(ModelMetadata.ImageNet);
        var report = new CompareCommand.Report("a.pth", "b.pth", input, input, Agree());
        AssertAgreement(Json(report));
        string text = Text(report);
        const string Columns = "network file top-1 median time, 1 thread";
        AssertRow(text, Columns, "A a.pth 85.00 % 6.000 ms");
        AssertRow(text, Columns, "B b.pth 81.00 % 1.500 ms");
        Assert.Contains("Same first answer on 90 of 100 images: 90.00 %.", text);
        Assert.DoesNotContain("So few say little of others", text);
        Assert.Contains("Time of A over that of B: 4.00.", text);
        Assert.Contains("Largest difference of a logit: 0.5.", text);
        Assert.Contains("relative to those of A: 0.01.", text);
    }

    [Fact]
    public void A_demonstration_has_every_figure_under_its_name_and_in_its_column()
    {
        var report = new DemoReport(
            ModelMetadata.ImageNet, 48, [], new DemoCost(20_000_000, 3_000_000, 5),
            [
                new DemoResult("svd", 0.5, 0.25, new DemoCost(8_000_000, 2_000_000, 4)),
                new DemoResult("joint", 0.75, 0.125, new DemoCost(7_000_000, 1_000_000, 2)),
            ]);
        JsonElement json = Json(report);
        AssertNumbers(json, ("patches", 48), ("agreeing", 0), ("speedup", 2.5));
        AssertNumbers(json.GetProperty("original"), ("multiply_adds", 20_000_000), ("parameters", 3_000_000), ("median_ms", 5));
        AssertNumbers(json.GetProperty("decomposed"), ("multiply_adds", 7_000_000), ("parameters", 1_000_000), ("median_ms", 2));
        AssertNumbers(
            json.GetProperty("methods")[0],
            ("agreement", 50), ("error", 0.25), ("multiply_adds", 8_000_000), ("parameters", 2_000_000), ("median_ms", 4));
        string text = Text(report);
        const string Columns = "network same answer error of logits multiply-adds parameters median time";
        AssertRow(text, Columns, "original 20.00 M 3.00 M 5.000 ms");
        AssertRow(text, Columns, "svd 50.00 % 0.2500 8.00 M 2.00 M 4.000 ms");
        AssertRow(text, Columns, "joint 75.00 % 0.1250 7.00 M 1.00 M 2.000 ms");
        Assert.Contains("'joint' is 2.50 times as fast as the original.", text);
    }

    [Fact]
    public void A_benchmark_has_every_figure_under_its_name_and_in_its_row()
    {
        long[] ticks = [.. Enumerable.Range(1, 101).Select(run => run * System.Diagnostics.Stopwatch.Frequency / 1000)];
        var report = new BenchCommand.Report
        {
            Model = "model.pth",
            Input = InputDescription.Of(ModelMetadata.ImageNet),
            Inputs = [new SessionValue("x", ElementType.Float32, new Shape(2, 3, 40, 40))],
            Conditions = FixedReports.Conditions with { Threads = 4 },
            Iterations = 101,
            Timing = Timing.OfTicks(ticks),
            AllocatedBytes = 16,
            ArenaBytes = 3200,
            PackedWeightBytes = 6400,
            LoadMilliseconds = 12.5,
            PlanMilliseconds = 7.5,
            Profile = null,
        };
        AssertNumbers(
            Json(report),
            ("size", 40), ("batch", 2), ("threads", 4), ("iterations", 101), ("median_ms", 51), ("min_ms", 1), ("p99_ms", 100),
            ("allocated_bytes_per_run", 16), ("arena_bytes", 3200), ("packed_weight_bytes", 6400), ("load_ms", 12.5), ("plan_ms", 7.5));
        string text = Text(report);
        foreach (string row in (string[])
            [
                "input 2x3x40x40", "threads 4", "runs 101", "median 51.000 ms", "minimum 1.000 ms", "99th percentile 100.000 ms",
                "allocated in each run 16 bytes", "arena 3,200 bytes", "packed weights 6,400 bytes",
                "load, JIT compiler included 12.500 ms", "plan, JIT compiler included 7.500 ms",
            ])
        {
            AssertRow(text, "measure value", row);
        }
    }

    private static DecomposeReport Decompose()
    {
        LayerReport one = FixedReports.Layer("one") with
        {
            Groups = 2,
            Rank = 3,
            RetainedEnergy = 0.8,
            Positions = 640,
            MultiplyAddsBefore = 14_000_000,
            MultiplyAddsAfter = 2_000_000,
            ParametersBefore = 1300,
            ParametersAfter = 300,
            MillisecondsBefore = 0.5,
            MillisecondsAfter = 0.125,
        };
        DecomposeReport report = FixedReports.Decompose([one], Agree());
        return report with
        {
            Decomposition = report.Decomposition with
            {
                MultiplyAddsBefore = 21_000_000,
                MultiplyAddsAfter = 6_000_000,
                ParametersBefore = 5000,
                ParametersAfter = 4000,
            },
            MillisecondsBefore = 3,
            MillisecondsAfter = 1.25,
        };
    }

    private static Agreement Agree() => FixedReports.Agree(85, 81) with { FirstMilliseconds = 6, SecondMilliseconds = 1.5 };

    private static void AssertAgreement(JsonElement json) => AssertNumbers(
        json,
        ("images", 100), ("agreement", 90), ("top1_a", 85), ("top1_b", 81), ("ms_a", 6), ("ms_b", 1.5), ("speedup", 4),
        ("max_logit_difference", 0.5), ("logit_error", 0.01));

    private static JsonElement Json(IReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            report.WriteJson(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray()));
        return document.RootElement.Clone();
    }

    private static string Text(IReport report)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var context = new CommandContext(output, TextWriter.Null);
        report.WriteText(context.CreateOutputConsole());
        return output.ToString();
    }

    private static void AssertNumbers(JsonElement json, params (string Name, double Value)[] expected) =>
        Assert.All(expected, number => Assert.Equal((number.Name, number.Value), (number.Name, json.GetProperty(number.Name).GetDouble())));

    // Columns and cells in their order, one space between two.
    private static void AssertRow(string text, string columns, string row)
    {
        string[] lines =
            [.. text.Split('\n').Select(line => string.Join(' ', line.Split([' ', '\r'], StringSplitOptions.RemoveEmptyEntries)))];
        int head = Array.IndexOf(lines, columns);
        Assert.True(head >= 0, $"No table with the columns '{columns}' in:\n{text}");
        Assert.True(Array.IndexOf(lines, row, head) > head, $"No row '{row}' in:\n{text}");
    }
}
