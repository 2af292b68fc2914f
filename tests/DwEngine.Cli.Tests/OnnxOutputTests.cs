using System.Text.Json;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>ONNX files that commands write.</summary>
[Trait("Category", "Native")]
public sealed class OnnxOutputTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_network_goes_through_ONNX_and_back_again()
    {
        string first = _files["first.onnx"], second = _files["second.onnx"], input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("convert", CliFiles.Model, first)).RequireSuccess();
        (await CliRunner.RunAsync("convert", first, "-o", second)).RequireSuccess();
        foreach (string model in (string[])[first, second])
        {
            JsonElement info = (await CliRunner.RunAsync("info", model, "--json")).Json();
            Assert.Equal("shufflenet_v2_x0_5_expanded", info.GetProperty("architecture").GetString());
            (await CliRunner.RunAsync("forward", model, "--input", input, "--output", model + ".bin")).RequireSuccess();
        }

        (await CliRunner.RunAsync("forward", CliFiles.Model, "--input", input, "--output", _files["out.bin"])).RequireSuccess();
        float[] expected = CliFiles.ReadFloats(_files["out.bin"]), found = CliFiles.ReadFloats(first + ".bin");
        Assert.Equal(found, CliFiles.ReadFloats(second + ".bin"));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Equal(await TopLabel(CliFiles.Model), await TopLabel(first));
    }

    [Fact]
    public async Task A_network_is_decomposed_from_ONNX_to_ONNX()
    {
        string model = _files["model.onnx"], small = _files["small.onnx"];
        (await CliRunner.RunAsync("convert", CliFiles.Model, model)).RequireSuccess();

        JsonElement json = (await CliRunner.RunAsync("decompose", model, "-o", small, "--force", "--rank", "2", "--json")).Json();

        JsonElement info = (await CliRunner.RunAsync("info", small, "--json")).Json();
        Assert.Equal(info.GetProperty("multiply_adds").GetInt64(), json.GetProperty("macs_after").GetInt64());
        Assert.False(info.TryGetProperty("architecture", out JsonElement architecture) && architecture.ValueKind != JsonValueKind.Null);
        Assert.Equal(32, info.GetProperty("input_size").GetInt32());
    }

    [Fact]
    public async Task One_file_is_named()
    {
        foreach (string[] files in (string[][])[[], [_files["a.onnx"], "-o", _files["b.onnx"]]])
        {
            CliResult result = await CliRunner.RunAsync(["convert", CliFiles.Model, .. files]);
            Assert.NotEqual(0, result.Code);
            Assert.Contains("OUT", result.Error, StringComparison.Ordinal);
        }

        Assert.Empty(_files.Names);
    }

    private static async Task<string?> TopLabel(string model) => (await CliRunner.RunAsync("run", model, CliFiles.Cat, "--json")).Json()
        .GetProperty("images")[0].GetProperty("predictions")[0].GetProperty("label").GetString();
}
