using System.Text.Json;
using DwEngine.Cli.Output;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary><c>dw decompose --frontier</c>.</summary>
public sealed class FrontierTests : IDisposable
{
    private readonly CliFiles _files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Networks_are_shown_and_one_of_them_is_written()
    {
        string images = _files.WriteImageFolder("images");
        string[] common =
        [
            "decompose", CliFiles.Model, "--frontier", "--points", "3", "--calibration", images, "--method", "gsvd", "--rank", "2",
            "--layers", "stage2.*",
        ];
        string page = _files["frontier.html"], first = _files["first.safetensors"], second = _files["second.safetensors"];

        JsonElement shown = (await CliRunner.RunAsync([.. common, "--data", images, "--report", page, "--json"])).Json();
        JsonElement[] points = [.. shown.GetProperty("points").EnumerateArray()];
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("output").ValueKind);
        Assert.True(points.Length >= 2);
        Assert.All(points.Zip(points.Skip(1)), pair =>
        {
            Assert.True(pair.First.GetProperty("macs").GetInt64() < pair.Second.GetProperty("macs").GetInt64());
            Assert.True(pair.First.GetProperty("error").GetDouble() > pair.Second.GetProperty("error").GetDouble());
        });
        Assert.All(points, point => Assert.InRange(point.GetProperty("top1").GetDouble(), 0, 100));
        JsonElement[] all = [.. points, .. shown.GetProperty("others").EnumerateArray()];
        Assert.All(all, point => Assert.Equal(
            all.Any(other => Number(other, "error") < Number(point, "error") && Number(other, "ms") < 0.97 * Number(point, "ms")),
            point.GetProperty("beaten_in_time").GetBoolean()));
        Assert.Equal(["one-rank", "singular-values"], shown.GetProperty("others").EnumerateArray()
            .Select(other => other.GetProperty("ranks_by").GetString()!).Distinct().Order());
        string html = await File.ReadAllTextAsync(page, Token);
        Assert.Equal(4, html.Split("<svg").Length - 1);
        Assert.Contains("ranks by singular values", html, StringComparison.Ordinal);

        // The network that the number names, twice the same, with the cost that was told.
        string trials = _files["trials.safetensors"];
        JsonElement written = (await CliRunner.RunAsync([.. common, "--trials", trials, "--point", "2", "-o", first, "--json"])).Json();
        // What is shown is rounded.
        double error = points[1].GetProperty("error").GetDouble() * 1.0001;
        (await CliRunner.RunAsync([.. common, "--trials", trials, "--max-logit-error", error.ToString("R", null), "-o", second]))
            .RequireSuccess();
        Assert.Equal(2, written.GetProperty("point").GetInt32());
        Assert.Equal(await File.ReadAllBytesAsync(first, Token), await File.ReadAllBytesAsync(second, Token));
        JsonElement info = (await CliRunner.RunAsync("info", first, "--json")).Json();
        Assert.Equal(points[1].GetProperty("macs").GetInt64(), info.GetProperty("multiply_adds").GetInt64());

        (await CliRunner.RunAsync([.. common, "--seed", "2", "--trials", trials])).RequireError(
            ExitCode.Failure, $"{trials}: The trials are of another");

        // What took so long to find out is kept.
        string kept = _files["kept.json"];
        (await CliRunner.RunAsync([.. common, "--point", "10", "-o", second, "--report", kept])).RequireError(
            ExitCode.Failure, "--point: expected 1 to");
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(kept, Token));
        Assert.Equal(points.Length, document.RootElement.GetProperty("points").GetArrayLength());
        (await CliRunner.RunAsync([.. common, "--target-speedup", "50", "-o", second])).RequireError(
            ExitCode.Failure, "no network has at most 1/50");
    }

    [Fact]
    public async Task By_time_the_numbered_networks_are_those_that_none_beats_in_time()
    {
        string page = _files["frontier.html"], file = _files["fast.onnx"];
        CliResult result = await CliRunner.RunAsync(
            "decompose", CliFiles.Model, "--frontier", "--points", "2", "--calibration", _files.WriteImageFolder("images"),
            "--method", "gsvd", "--by", "time", "--target-speedup", "1.2", "-o", file, "--report", page, "--json");
        JsonElement shown = result.Json();
        JsonElement[] points = [.. shown.GetProperty("points").EnumerateArray()];
        JsonElement[] all = [.. points, .. shown.GetProperty("others").EnumerateArray()];
        Assert.Equal("time", shown.GetProperty("cost").GetString());
        Assert.NotEmpty(points);
        Assert.All(points, point =>
        {
            Assert.True(Number(point, "speedup") > 1);
            Assert.DoesNotContain(
                all, other => Number(other, "ms") < Number(point, "ms") && Number(other, "error") < Number(point, "error"));
        });
        int written = shown.GetProperty("point").GetInt32();
        Assert.True(Number(points[written - 1], "speedup") >= 1.2);
        Assert.All(points.Skip(written), point => Assert.True(Number(point, "speedup") < 1.2));
        Assert.Contains("both faster and nearer", await File.ReadAllTextAsync(page, Token), StringComparison.Ordinal);
        JsonElement info = (await CliRunner.RunAsync("info", file, "--json")).Json();
        Assert.Equal(points[written - 1].GetProperty("macs").GetInt64(), info.GetProperty("multiply_adds").GetInt64());
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    [Theory]
    [InlineData("--point: expected only together with --frontier", "-o", "a.onnx", "--point", "1")]
    [InlineData("--points: expected only together with --frontier", "-o", "a.onnx", "--points", "4")]
    [InlineData("--frontier needs --calibration", "--frontier")]
    [InlineData("choose the network that is written", "--frontier", "--calibration", "images", "-o", "a.onnx")]
    [InlineData("--point: expected only together with --output", "--frontier", "--calibration", "images", "--point", "1")]
    [InlineData("--point: expected at most 11", "--frontier", "--calibration", "images", "-o", "a.onnx", "--points", "4", "--point", "12")]
    [InlineData("expected one of these", "--frontier", "--calibration", "images", "-o", "a.onnx", "--point", "1", "--target-speedup", "2")]
    [InlineData("--max-drop needs --data", "--frontier", "--calibration", "images", "-o", "a.onnx", "--max-drop", "1")]
    [InlineData("--max-drop: expected a number of at least 0 and at most 100", "--frontier", "--calibration", "images", "--data", "images",
        "-o", "a.onnx", "--max-drop", "200")]
    [InlineData("--ranks-by", "--frontier", "--calibration", "images", "--ranks-by", "answer")]
    [InlineData("--ranks-by answer needs --calibration", "-o", "a.onnx", "--target-speedup", "2", "--ranks-by", "answer")]
    [InlineData("--force: not expected together with --frontier", "--frontier", "--calibration", "images", "--force")]
    [InlineData("--trials: not expected together with --max-error", "-o", "a.onnx", "--calibration", "images", "--trials",
        "t.safetensors", "--max-error", "1")]
    [InlineData("--trials and --statistics: expected one", "-o", "a.onnx", "--calibration", "images", "--trials", "t.safetensors",
        "--statistics", "s.safetensors")]
    [InlineData("--trials: expected only together with --calibration", "-o", "a.onnx", "--trials", "t.safetensors")]
    [InlineData("--points: expected a whole number from 2", "--frontier", "--calibration", "images", "--points", "1")]
    public async Task A_wrong_option_is_one_line(string fragment, params string[] options) =>
        (await CliRunner.RunAsync(["decompose", CliFiles.Model, .. options])).RequireError(ExitCode.Usage, fragment);
}
