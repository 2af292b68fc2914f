using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace DwEngine.Tests.Cli;

[Trait("Category", "Native")]
public sealed class DemoCommandTests
{
    // What the plain architecture of this width, stem and number of classes has.
    private const long PlainParameters = 352_042;

    [Fact]
    public async Task It_compares_both_networks_on_every_photograph()
    {
        long start = Stopwatch.GetTimestamp();
        JsonElement json = (await CliRunner.RunAsync("demo", "--json")).Json();

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 30);
        JsonElement[] photographs = [.. json.GetProperty("photographs").EnumerateArray()];
        Assert.Equal(
            ["chelsea.png", "coffee.png", "rocket.jpg"], photographs.Select(photograph => photograph.GetProperty("image").GetString()));
        Assert.Equal("cat", photographs[0].GetProperty("original")[0].GetProperty("label").GetString());
        int agreeing = photographs.Count(photograph => photograph.GetProperty("agrees").GetBoolean());
        Assert.Equal(agreeing, json.GetProperty("agreeing").GetInt32());
        JsonElement original = json.GetProperty("original"), decomposed = json.GetProperty("decomposed");
        JsonElement info = (await CliRunner.RunAsync("info", CliFiles.Model, "--json")).Json();
        Assert.Equal(info.GetProperty("multiply_adds").GetInt64(), original.GetProperty("multiply_adds").GetInt64());
        Assert.Equal(info.GetProperty("parameters").GetInt64(), original.GetProperty("parameters").GetInt64());
        Assert.Equal(PlainParameters, decomposed.GetProperty("parameters").GetInt64());
        Assert.True(decomposed.GetProperty("multiply_adds").GetInt64() < original.GetProperty("multiply_adds").GetInt64() / 2);
        Assert.True(decomposed.GetProperty("median_ms").GetDouble() > 0);
    }

    [Fact]
    public async Task The_text_shows_answers_costs_and_what_is_lost()
    {
        CliResult result = await CliRunner.RunAsync("demo");

        result.RequireSuccess();
        Assert.Contains("cat (", result.Output);
        Assert.Contains("photographs.", result.Output);
        Assert.Contains("multiply-adds", result.Output);
        Assert.Contains("loses", result.Output);
    }
}
