using System.Text.Json;
using System.Text.RegularExpressions;
using DwEngine.Compare;
using DwEngine.Runtime;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Perf.Tests;

/// <summary>Reports of the comparison, made from fixed numbers that are all different.</summary>
public partial class ComparisonReportTests
{
    private static readonly ComparisonResult s_result = new()
    {
        Cpu = "a CPU",
        Isa = Isa.Avx2,
        PeakIsa = Isa.Avx512,
        PeakGmacsPerCore = 50,
        Quiet = 0.9,
        PeerVersion = "7.8",
        Configurations =
        [
            new ConfigurationResult
            {
                Model = "net",
                Threads = 2,
                Batch = 4,
                MultiplyAdds = 100_000_000,
                Samples = new Samples(
                    new BySide<Timing>(Ours: new Timing([2.0, 4.0, 5.0]), Peer: new Timing([7.0, 10.0, 19.0])),
                    new Timing([2.1, 2.2, 2.3, 2.4])),
                OutputDifference = new OutputDifference(1e-7, 2e-6),
                Allocated = new BySide<long>(Ours: 3, Peer: 77),
                PeerCalls = 4,
                PeerObstacle = "an obstacle",
            },
        ],
        Loads = [new LoadResult("net", Weights: 31, SafeTensors: 32, Peer: 33)],
        Processes =
        [
            new ProcessResult(
                "net",
                new BySide<ProcessFacts>(Ours: new ProcessFacts(201, 101, 61 << 20), Peer: new ProcessFacts(202, 102, 62 << 20)),
                Tool: 203),
        ],
        RuntimeAlone = new ProcessFacts(41, 0, 28 << 20),
        Idle = new IdleResult("idle net", new BySide<double>(Ours: 0.5, Peer: 93.5)),
        Tails = [new TailResult("net", 1, new Timing([8.0, 8.0, 9.6]))],
        Paced =
        [
            new PacedResult("net", 2, 25, new BySide<PacedFacts>(
                Ours: new PacedFacts(new Timing([1.25, 1.5, 3.5]), 0.12, 1), Peer: new PacedFacts(new Timing([2.25, 2.75, 6.5]), 1.13, 0))),
        ],
        Elapsed = TimeSpan.FromSeconds(199),
    };

    [Fact]
    public void Json_has_every_figure_under_its_engine()
    {
        JsonElement root = Json(s_result);
        AssertNumbers(
            root.GetProperty("results")[0],
            ("threads", 2),
            ("batch", 4),
            ("ours_ms", 4),
            ("peer_ms", 10),
            ("ratio", 2.5),
            ("share_of_peak", 0.25),
            ("max_abs_diff", 1e-7),
            ("relative_diff", 2e-6),
            ("ratio_of_rounds_median", 2.25),
            ("ratio_of_rounds_lower_quartile", 2.1),
            ("ratio_of_rounds_upper_quartile", 2.3),
            ("rounds", 4),
            ("multiply_adds", 100_000_000),
            ("ours_runs", 3),
            ("peer_runs", 3),
            ("ours_min_ms", 2),
            ("peer_min_ms", 7),
            ("ours_p99_over_median", 1.25),
            ("peer_p99_over_median", 1.9),
            ("ours_allocated_bytes_per_run", 3),
            ("peer_allocated_bytes_per_run", 77),
            ("peer_calls_per_run", 4));
        AssertNumbers(root.GetProperty("loading")[0], ("ours_weights_ms", 31), ("ours_safetensors_ms", 32), ("peer_ms", 33));
        AssertNumbers(
            root.GetProperty("processes")[0],
            ("ours_start_to_answer_ms", 201),
            ("ours_load_ms", 101),
            ("ours_peak_memory_bytes", 61 << 20),
            ("peer_start_to_answer_ms", 202),
            ("peer_load_ms", 102),
            ("peer_peak_memory_bytes", 62 << 20),
            ("tool_start_to_answer_ms", 203));
        AssertNumbers(root.GetProperty("runtime_alone"), ("start_to_answer_ms", 41), ("peak_memory_bytes", 28 << 20));
        AssertNumbers(root.GetProperty("idle"), ("ours_cpu_ms", 0.5), ("peer_cpu_ms", 93.5));
        AssertNumbers(root.GetProperty("tails")[0], ("threads", 1), ("runs", 3), ("median_ms", 8), ("p99_ms", 9.6), ("ratio", 1.2));
        JsonElement paced = Assert.Single(root.GetProperty("paced").EnumerateArray());
        Assert.Equal("net", paced.GetProperty("model").GetString());
        AssertNumbers(
            paced,
            ("threads", 2),
            ("hz", 25),
            ("ours_p50_ms", 1.5),
            ("ours_p99_ms", 3.5),
            ("ours_cpu_share", 0.12),
            ("peer_p50_ms", 2.75),
            ("peer_p99_ms", 6.5),
            ("peer_cpu_share", 1.13),
            ("ours_dropped", 1),
            ("peer_dropped", 0));
        AssertNumbers(root, ("peak_gmacs_per_core", 50), ("peak_windows_near_best", 0.9), ("elapsed_s", 199));
        Assert.Equal("avx2", root.GetProperty("isa").GetString());
        Assert.Equal("avx512", root.GetProperty("peak_isa").GetString());
    }

    [Fact]
    public void Text_has_every_figure_in_the_column_of_its_engine()
    {
        string text = Text(s_result);
        AssertRow(
            text,
            "model threads batch peer ms ours ms ratio quartiles of peak p99/median (peer) B/run max diff",
            "net 2 4 10.000 4.000 2.50 2.10 2.30 25 % 1.25 1.90 3 1.0e-7");
        AssertRow(
            text,
            "model threads peer p50 ms peer p99 ms peer of a core ours p50 ms ours p99 ms ours of a core",
            "net 2 2.75 6.50 113 % 1.50 3.50 12 %");
        AssertRow(
            text, "model engine start to answer ms load, cold ms load, warm ms peak memory MiB",
            "net DwEngine 201 101.0 32.0 (31.0 from the weights given) 61");
        Assert.Contains("ONNX Runtime 202 102.0 33.0 62", Squeeze(text), StringComparison.Ordinal);
        AssertRow(text, "model threads runs median ms p99 ms p99/median", "net 1 3 8.000 9.600 1.20");
        Assert.Contains("DwEngine with avx2 against ONNX Runtime 7.8", text, StringComparison.Ordinal);
        Assert.Contains("One image at 25 Hz", text, StringComparison.Ordinal);
        Assert.Contains("net, threads 2: DwEngine did not come to 1 frames.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ONNX Runtime did not come", text, StringComparison.Ordinal);
        Assert.Contains("idle sessions: DwEngine 0.5 ms, ONNX Runtime 93.5 ms (idle net).", text, StringComparison.Ordinal);
        Assert.Contains("A .NET process without an engine: 41 ms and 28 MiB.", text, StringComparison.Ordinal);
        Assert.Contains("net, batch 4: ONNX Runtime is called 4 times a run (an obstacle).", text, StringComparison.Ordinal);
        Assert.Contains("took 199 s", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_left_out_is_in_no_report()
    {
        ComparisonResult nothing = s_result with
        {
            Configurations = [],
            Loads = [],
            Processes = [],
            RuntimeAlone = null,
            Idle = null,
            Tails = [],
            Paced = [],
        };
        JsonElement root = Json(nothing);
        Assert.All(
            (string[])["results", "loading", "processes", "runtime_alone", "idle", "tails", "paced"],
            key => Assert.False(root.TryGetProperty(key, out _), key));
        string text = Text(nothing);
        Assert.DoesNotContain("model", text, StringComparison.Ordinal);
        Assert.Contains("took 199 s", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--tool", "dw")]
    [InlineData("--picture", "cat.png")]
    [InlineData("--tool", "dw", "--picture", "cat.png", "--skip", "starts")]
    [InlineData("--skip")]
    [InlineData("--skip", "start")]
    [InlineData("--skip", "starts,")]
    [InlineData("--skip", "0")]
    [InlineData("--paced", "0")]
    [InlineData("--paced", "-30")]
    [InlineData("--paced", "NaN")]
    [InlineData("--paced", "fast")]
    [InlineData("--seconds", "0")]
    [InlineData("--threads", "0")]
    [InlineData("--batch", "1,,2")]
    [InlineData("--isa", "mmx")]
    [InlineData("--affinity", "all")]
    [InlineData("--model", "only.pth")]
    [InlineData("--no-such-option")]
    [InlineData("word")]
    public void A_wrong_command_line_is_one_line_and_exit_code_2(params string[] arguments)
    {
        using var errors = new StringWriter();
        Assert.Equal(2, CompareCommand.Run(arguments, errors));
        string line = errors.ToString().TrimEnd();
        Assert.StartsWith("compare: ", line);
        Assert.DoesNotContain('\n', line);
    }

    [Fact]
    public void Files_that_are_not_there_are_one_line_and_exit_code_1()
    {
        using var errors = new StringWriter();
        Assert.Equal(1, CompareCommand.Run(["--models", "no such folder"], errors));
        Assert.StartsWith("compare: " + Path.Combine("no such folder", "shufflenet_v2_x0_5.pth"), errors.ToString());
    }

    private static JsonElement Json(ComparisonResult result)
    {
        using var memory = new MemoryStream();
        JsonReport.Write(result, memory);
        return JsonDocument.Parse(memory.ToArray()).RootElement;
    }

    private static string Text(ComparisonResult result)
    {
        using var writer = new StringWriter();
        TextReport.Write(result, writer);
        return writer.ToString();
    }

    private static void AssertNumbers(JsonElement element, params (string Key, double Value)[] expected) =>
        Assert.All(expected, pair => Assert.Equal(pair.Value, element.GetProperty(pair.Key).GetDouble(), 1e-12));

    // The first row of the table with these columns.
    private static void AssertRow(string text, string columns, string row)
    {
        string[] lines = [.. text.Split('\n').Select(Squeeze)];
        int header = Array.IndexOf(lines, columns);
        Assert.True(header >= 0, $"There is no table with the columns '{columns}' in\n{text}");
        Assert.Equal(row, lines[header + 2]);
    }

    private static string Squeeze(string text) => Spaces().Replace(text, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
