using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Models;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class DemoCommandTests
{
    // What the plain architecture of this width, stem and number of classes has.
    private const long PlainParameters = 352_042;

    [Fact]
    public async Task It_compares_the_methods_and_shows_the_best_one_on_every_photograph()
    {
        using var files = new CliFiles();
        string folder = files["new/demo"];
        JsonElement json = (await CliRunner.RunAsync("demo", "--json", "--save", folder)).Json();

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

        Dictionary<string, JsonElement> methods = json.GetProperty("methods").EnumerateArray()
            .ToDictionary(result => result.GetProperty("method").GetString()!);
        Assert.Equal(
            ["svd", "decoupling, rank 2", "gsvd", "inter-channel", "channel", "channel-asymmetric", "multi-layer", "joint"], methods.Keys);
        Assert.True(Error("svd") > Error("decoupling, rank 2"));
        Assert.True(Error("svd") > Error("gsvd"));
        Assert.True(Error("channel") > Error("channel-asymmetric"));
        Assert.True(Error("gsvd") > Error("inter-channel"));
        Assert.True(Error("inter-channel") > Error("multi-layer"));
        Assert.True(Error("multi-layer") > Error("joint"));
        Assert.True(methods["joint"].GetProperty("agreement").GetDouble() > methods["svd"].GetProperty("agreement").GetDouble());

        // What was saved serves as it is.
        string[] saved = [.. json.GetProperty("saved").EnumerateArray().Select(file => file.GetString()!)];
        Assert.Equal(1 + methods.Count, saved.Length);
        string pictures = json.GetProperty("photographs_saved").GetString()!;
        Assert.Equal(
            [.. saved.Append(Path.Combine(folder, "LICENCES.txt")).Order(StringComparer.Ordinal)],
            Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal));
        JsonElement comparison = (await CliRunner.RunAsync("compare", saved[0], saved[^1], "--data", pictures, "--json")).Json();
        Assert.Equal(100.0 * agreeing / 3, comparison.GetProperty("agreement").GetDouble(), 3);
        Assert.Equal(0, comparison.GetProperty("input_b").GetProperty("assumed").GetArrayLength());
        Assert.Equal(0, comparison.GetProperty("warnings").GetArrayLength());

        double Error(string method) => methods[method].GetProperty("error").GetDouble();
    }

    [Fact]
    public void The_text_shows_answers_costs_and_what_they_mean()
    {
        Prediction cat = new(3, "cat", 0.81), deer = new(4, "deer", 0.5);
        var report = new DemoReport(
            new ModelMetadata { Labels = ["cat", "deer"] },
            50,
            [new DemoAnswer("a.png", cat, deer), new DemoAnswer("b.png", cat, cat)],
            new DemoCost(30_000_000, 900_000, 3),
            [
                new DemoResult("svd", 0.1, 1.5, new DemoCost(10_000_000, 300_000, 1.3)),
                new DemoResult("joint", 0.9, 0.0625, new DemoCost(10_000_000, 300_000, 1.2)),
            ]);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var context = new CommandContext(output, TextWriter.Null);

        report.WriteText(context.CreateOutputConsole());

        string text = output.ToString();
        Assert.Contains("cat (81.00 %)", text);
        Assert.Contains("Same answer on 1 of 2 photographs.", text);
        Assert.Contains("30.00 M", text);
        Assert.Contains("1.200 ms", text);
        Assert.Contains("90.00 %", text);
        Assert.Contains("0.0625", text);
        Assert.Contains("'joint' is 2.50 times as fast", text);
        Assert.Contains("not its accuracy on CIFAR-10", text);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_error_before_the_work()
    {
        CliResult result = await CliRunner.RunAsync("demo", "--save", CliFiles.Model);

        result.RequireError(ExitCode.Failure, CliFiles.Model, "cannot be made a folder");
    }
}
