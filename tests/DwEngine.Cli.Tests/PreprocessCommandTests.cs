using System.Text;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class PreprocessCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Without_a_model_it_is_torchvisions_for_imagenet()
    {
        JsonElement json = (await CliRunner.RunAsync("preprocess", CliFiles.Rocket, "--output", _files["out.bin"], "--json")).Json();

        float[] expected = new float[3 * 224 * 224];
        Preprocessing.For(ModelMetadata.ImageNet).Apply(ImageDecoder.Load(CliFiles.Rocket), expected);
        Assert.Equal([1, 3, 224, 224], json.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt32()));
        Assert.Equal(expected, CliFiles.ReadFloats(_files["out.bin"]));
    }

    [Fact]
    public async Task A_name_of_NumPys_makes_a_file_that_forward_reads()
    {
        string bare = _files["cat.bin"], numpy = _files["cat.npy"];
        foreach (string output in (string[])[bare, numpy])
        {
            (await CliRunner.RunAsync("preprocess", CliFiles.Cat, "--output", output, "--model", CliFiles.Model)).RequireSuccess();
            (await CliRunner.RunAsync("forward", CliFiles.Model, "--input", output, "--output", output + ".out")).RequireSuccess();
        }

        Assert.Equal(
            "NUMPY",
            Encoding.ASCII.GetString((await File.ReadAllBytesAsync(numpy, TestContext.Current.CancellationToken))[1..6]));
        Assert.Equal(CliFiles.ReadFloats(bare + ".out"), CliFiles.ReadFloats(numpy + ".out"));
    }

    [Fact]
    public async Task Options_and_model_give_the_same_tensor()
    {
        (await CliRunner.RunAsync("preprocess", CliFiles.Cat, "--output", _files["a"], "--model", CliFiles.Model)).RequireSuccess();
        (await CliRunner.RunAsync(
            "preprocess", CliFiles.Cat, "--output", _files["b"], "--stem", "cifar",
            "--mean", "0.4914,0.4822,0.4465", "--std", "0.2470,0.2435,0.2616"))
            .RequireSuccess();

        Assert.Equal(3 * 32 * 32, CliFiles.ReadFloats(_files["a"]).Length);
        Assert.Equal(CliFiles.ReadFloats(_files["a"]), CliFiles.ReadFloats(_files["b"]));
    }

    [Fact]
    public async Task A_file_that_is_no_image_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync("preprocess", CliFiles.Model, "--output", _files["out.bin"]);

        result.RequireError(ExitCode.Failure, CliFiles.Model);
        Assert.Empty(_files.Names);
    }
}
