using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Simd;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class InfoCommandTests
{
    [Fact]
    public async Task Totals_are_the_sums_of_the_layers()
    {
        JsonElement json = (await CliRunner.RunAsync("info", CliFiles.Model, "--json")).Json();
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];

        Assert.Equal(json.GetProperty("parameters").GetInt64(), layers.Sum(layer => layer.GetProperty("parameters").GetInt64()));
        Assert.Equal(json.GetProperty("multiply_adds").GetInt64(), layers.Sum(layer => layer.GetProperty("multiply_adds").GetInt64()));
        Assert.Equal("shufflenet_v2_x0_5_expanded", json.GetProperty("architecture").GetString());
        Assert.Equal("cifar", json.GetProperty("stem").GetString());
        Assert.Equal(10, json.GetProperty("classes").GetInt32());
        Assert.Equal(32, json.GetProperty("input_size").GetInt32());
        Assert.Equal(10, json.GetProperty("labels").GetArrayLength());
        JsonElement stem = layers.Single(layer => layer.GetProperty("name").GetString() == "conv1.0");
        // 24 filters of 3 x 3 x 3, on 32 x 32 positions.
        Assert.Equal(24 * 27, stem.GetProperty("parameters").GetInt64());
        Assert.Equal(24 * 27 * 32 * 32, stem.GetProperty("multiply_adds").GetInt64());
    }

    [Fact]
    public async Task The_CPU_is_shown_without_a_network()
    {
        JsonElement json = (await CliRunner.RunAsync("info", "--cpu", "--json")).Json();

        Assert.Equal(Isas.Best.ToString().ToLowerInvariant(), json.GetProperty("isa").GetString());
        Assert.Equal(Isas.LeftOut?.ToString().ToLowerInvariant(), json.GetProperty("left_out").GetString());
        Assert.Equal(Environment.ProcessorCount, json.GetProperty("logical_processors").GetInt32());
        Assert.Contains("instruction set in use", (await CliRunner.RunAsync("info", "--cpu")).Output);
        (await CliRunner.RunAsync("info", "--cpu", "--operators")).RequireError(ExitCode.Usage, "not several", "--cpu", "--operators");
        (await CliRunner.RunAsync("info", "--cpu", "--html", "x.html")).RequireError(ExitCode.Failure, "--html", "--cpu has none");
    }

    [Fact]
    public async Task The_size_option_changes_shapes_and_multiply_adds()
    {
        JsonElement small = (await CliRunner.RunAsync("info", CliFiles.Model, "--json")).Json();
        JsonElement large = (await CliRunner.RunAsync("info", CliFiles.Model, "--json", "--size", "64")).Json();

        Assert.Equal([1, 3, 64, 64], large.GetProperty("input_shape").EnumerateArray().Select(dimension => dimension.GetInt32()));
        Assert.True(large.GetProperty("multiply_adds").GetInt64() > 3.9 * small.GetProperty("multiply_adds").GetInt64());
        Assert.Equal(small.GetProperty("parameters").GetInt64(), large.GetProperty("parameters").GetInt64());
    }

    [Fact]
    public async Task The_table_names_layers_and_totals()
    {
        CliResult result = await CliRunner.RunAsync("info", CliFiles.Model);

        result.RequireSuccess();
        Assert.Contains("stage2.0.branch1.0", result.Output);
        Assert.Contains("pointwise 1x1", result.Output);
        Assert.Contains("1x24x32x32", result.Output);
        Assert.Contains("multiply-adds", result.Output);
    }

    [Fact]
    public async Task Inputs_and_outputs_are_listed_with_type_and_shape()
    {
        JsonElement json = (await CliRunner.RunAsync("info", CliFiles.Model, "--json")).Json();

        JsonElement input = Assert.Single(json.GetProperty("inputs").EnumerateArray());
        JsonElement output = Assert.Single(json.GetProperty("outputs").EnumerateArray());
        Assert.Equal("float32", input.GetProperty("type").GetString());
        Assert.Equal([1, 3, 32, 32], input.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        Assert.Equal([1, 10], output.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
        string text = (await CliRunner.RunAsync("info", CliFiles.Model)).Output;
        Assert.Contains($"{input.GetProperty("name").GetString()}: 1x3x32x32 of float32", text);
        Assert.Contains($"{output.GetProperty("name").GetString()}: 1x10 of float32", text);
    }
}
