using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class BenchCommandTests
{
    private static readonly string[] s_numbers =
    [
        "size", "batch", "iterations", "threads", "median_ms", "min_ms", "p99_ms", "allocated_bytes_per_run", "arena_bytes",
        "packed_weight_bytes", "load_ms", "plan_ms",
    ];

    [Fact]
    public async Task Weights_in_sixteen_bits_take_less_memory_and_are_refused_where_there_are_none()
    {
        string[] call = ["bench", CliFiles.Model, "--size", "8", "--iterations", "1", "--json"];
        (await CliRunner.RunAsync([.. call, "--weights", "fp16"])).RequireError(ExitCode.Failure, CliFiles.Model, "--weights fp16");
        (await CliRunner.RunAsync([.. call, "--weights", "fp8"])).RequireError(ExitCode.Usage, "expected fp32, fp16");
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "wide.onnx");
        var builder = new GraphBuilder();
        float[] weights = [.. Enumerable.Range(0, 128 * 256).Select(i => MathF.Sin(i))];
        OnnxExport.Save(
            file,
            builder.Build(builder.Input("x", new Shape(1, 256)).Apply(
                new FullyConnected(Tensor.FromFloats(new Shape(128, 256), weights), null))));
        call = ["bench", file, "--iterations", "1", "--json", "--weights"];
        long whole = Bytes(await CliRunner.RunAsync([.. call, "fp32"])), half = Bytes(await CliRunner.RunAsync([.. call, "fp16"]));
        Assert.InRange(half, 1, 0.52 * whole);

        static long Bytes(CliResult result) => result.Json().GetProperty("packed_weight_bytes").GetInt64();
    }

    [Fact]
    public async Task How_pictures_are_prepared_is_not_told_where_none_is()
    {
        string[] call = ["bench", CliFiles.Model, "--size", "8", "--iterations", "1"];
        CliResult plain = await CliRunner.RunAsync(call), given = await CliRunner.RunAsync([.. call, "--mean", "0.5,0.5,0.5"]);
        Assert.Contains("input: 8 x 8", plain.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("mean", plain.Error, StringComparison.Ordinal);
        Assert.Contains("--mean and --std change nothing here", given.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_tells_times_memory_and_layers()
    {
        JsonElement json = (await CliRunner.RunAsync(
            "bench", CliFiles.Model, "--size", "8", "--iterations", "5", "--batch", "2", "--threads", "2", "--isa", "portable", "--profile",
            "--json")).Json();

        Assert.All(s_numbers, name => Assert.True(json.GetProperty(name).GetDouble() >= 0, name));
        Assert.Equal("portable", json.GetProperty("isa").GetString());
        Assert.Equal(2, json.GetProperty("threads").GetInt32());
        Conditions.Require(json, "portable", threads: 2);
        Assert.InRange(json.GetProperty("min_ms").GetDouble(), 1e-6, json.GetProperty("median_ms").GetDouble());
        Assert.InRange(json.GetProperty("median_ms").GetDouble(), 0, json.GetProperty("p99_ms").GetDouble());
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Contains(layers, layer => layer.GetProperty("name").GetString() == "conv1.0");
        Assert.All(layers, layer => Assert.True(layer.GetProperty("ms").GetDouble() >= 0));
        double peak = json.GetProperty("peak_gmacs_per_core").GetDouble();
        Assert.True(peak > 0);
        Assert.Equal("portable", json.GetProperty("peak_isa").GetString());
        Assert.All(layers, layer => Assert.Equal(
            layer.GetProperty("gmacs_per_s").GetDouble() / (2 * peak), layer.GetProperty("share_of_peak").GetDouble(), 1e-3));
        JsonElement[] working = [.. layers.Where(layer => layer.GetProperty("multiply_adds").GetInt64() > 0)];
        Assert.Equal(json.GetProperty("issued_multiply_adds").GetInt64(),
            working.Sum(layer => layer.GetProperty("issued_multiply_adds").GetInt64()));
        Assert.All(working, layer => Assert.Equal(
            layer.GetProperty("issued_multiply_adds").GetDouble() / layer.GetProperty("multiply_adds").GetDouble(),
            1 + layer.GetProperty("padded_work").GetDouble(),
            1e-5));
        JsonElement info = (await CliRunner.RunAsync("info", CliFiles.Model, "--size", "8", "--json")).Json();
        Assert.Equal(2 * info.GetProperty("multiply_adds").GetInt64(), layers.Sum(layer => layer.GetProperty("multiply_adds").GetInt64()));
    }

    [Theory]
    [InlineData("2x3x40x24")]
    [InlineData("2,3,40,24")]
    [InlineData("input=2x3x40x24")]
    public async Task A_shape_is_told_in_any_form(string shape)
    {
        JsonElement json = (await CliRunner.RunAsync("bench", CliFiles.Model, "--shape", shape, "--iterations", "1", "--json")).Json();

        Assert.Equal("2x3x40x24", Assert.Single(json.GetProperty("input_shapes").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("no input 'foo'; expected one of input", "--shape", "foo=1x3x32x32")]
    [InlineData("given twice", "--shape", "1x3x32x32", "--shape", "1x3x32x32")]
    [InlineData("both say how many images", "--shape", "1x3x32x32", "--batch", "2")]
    public async Task A_shape_that_does_not_fit_is_an_error(string problem, params string[] options) =>
        (await CliRunner.RunAsync(["bench", CliFiles.Model, .. options])).RequireError(ExitCode.Failure, problem);

    [Fact]
    public async Task The_text_has_a_table_of_layers_only_when_asked()
    {
        CliResult plain = await CliRunner.RunAsync("bench", CliFiles.Model, "--size", "8", "--iterations", "1");
        CliResult profiled = await CliRunner.RunAsync("bench", CliFiles.Model, "--size", "8", "--iterations", "1", "--profile");

        Assert.Contains("median", plain.Output);
        Assert.DoesNotContain("G MAC/s", plain.Output);
        Assert.Contains("G MAC/s", profiled.Output);
        Assert.Contains("peak of a core", profiled.Output);
        Assert.Contains("of peak", profiled.Output);
        Assert.Contains("padding", profiled.Output);
        Assert.Contains("stage4.3.branch2.5", profiled.Output);
    }

    [Theory]
    [InlineData(new long[] { 5 }, 5, 5, 5)]
    [InlineData(new long[] { 4, 2 }, 2, 3, 4)]
    [InlineData(new long[] { 9, 1, 5 }, 1, 5, 9)]
    public void Timing_takes_minimum_median_and_percentile(long[] ticks, double minimum, double median, double percentile)
    {
        var timing = Timing.OfTicks(ticks);
        double unit = 1000.0 / System.Diagnostics.Stopwatch.Frequency;

        Assert.Equal(minimum * unit, timing.Minimum, 1e-12);
        Assert.Equal(median * unit, timing.Median, 1e-12);
        Assert.Equal(percentile * unit, timing.Quantile(0.99), 1e-12);
    }

    [Fact]
    public void The_99th_percentile_of_200_runs_is_the_198th()
    {
        var timing = Timing.OfTicks(Enumerable.Range(1, 200).Select(value => (long)value));

        Assert.Equal(198 * 1000.0 / System.Diagnostics.Stopwatch.Frequency, timing.Quantile(0.99), 1e-12);
    }

    [SharedFact]
    public async Task Info_counts_what_torchvision_counts()
    {
        string model = SharedFolder.Require(Path.Combine("models", "shufflenet_v2_x1_0.pth"));

        JsonElement json = (await CliRunner.RunAsync("info", model, "--json")).Json();

        Assert.Equal(2_278_604, json.GetProperty("parameters").GetInt64());
        Assert.InRange(json.GetProperty("multiply_adds").GetInt64(), 144_000_000, 147_000_000);
        Assert.Equal(1000, json.GetProperty("classes").GetInt32());
    }
}
