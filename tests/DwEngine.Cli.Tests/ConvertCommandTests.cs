using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class ConvertCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_converted_file_has_the_same_tensors_and_gives_the_same_bits()
    {
        string copy = _files["copy.safetensors"], input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("convert", CliFiles.Model, copy)).RequireSuccess();
        (await CliRunner.RunAsync("forward", CliFiles.Model, "--input", input, "--output", _files["a"])).RequireSuccess();
        (await CliRunner.RunAsync("forward", copy, "--input", input, "--output", _files["b"])).RequireSuccess();

        Assert.Equal(CliFiles.ReadFloats(_files["a"]), CliFiles.ReadFloats(_files["b"]));
        Assert.Equal(File.ReadAllBytes(CliFiles.Model), File.ReadAllBytes(copy));
    }

    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5.pth")]
    [InlineData("shufflenet_v2_x0_5_expanded.pth")]
    [InlineData("shufflenet_v2_x0_5.legacy.pth")]
    [InlineData("shufflenet_v2_x0_5.fp16.wrapped.pth")]
    public async Task A_file_of_another_format_keeps_types_and_bits(string name)
    {
        string original = SharedFolder.Require(Path.Combine("models", name)), copy = _files["copy.safetensors"];
        (await CliRunner.RunAsync("convert", original, copy)).RequireSuccess();
        string input = SharedFolder.Require(Path.Combine("models", "shufflenet_v2_x0_5.in.bin"));
        (await CliRunner.RunAsync("forward", original, "--input", input, "--output", _files["a"])).RequireSuccess();
        (await CliRunner.RunAsync("forward", copy, "--input", input, "--output", _files["b"])).RequireSuccess();

        Assert.Equal(CliFiles.ReadFloats(_files["a"]), CliFiles.ReadFloats(_files["b"]));
        StateDict before = CheckpointFile.Load(original).Tensors, after = CheckpointFile.Load(copy).Tensors;
        Assert.Equal(before.Names.Order(StringComparer.Ordinal), after.Names.Order(StringComparer.Ordinal));
        foreach ((string key, Tensor tensor) in before)
        {
            Assert.Equal(tensor.Type, after[key].Type);
            Assert.True(tensor.Bytes.SequenceEqual(after[key].Bytes), key);
        }
    }

    [Fact]
    public async Task Options_have_precedence_over_the_metadata_of_the_file()
    {
        string labels = _files["labels.txt"], copy = _files["copy.safetensors"];
        File.WriteAllText(labels, "a\nb\r\n c \nd\ne\nf\ng\nh\ni\nj\n\n");
        JsonElement json = (await CliRunner.RunAsync(
            "convert", CliFiles.Model, copy, "--json", "--stem", "imagenet", "--size", "64", "--mean", "0.1,0.2,0.3",
            "--labels", labels)).Json();
        ModelMetadata metadata = CheckpointFile.Load(copy).Metadata;

        Assert.Equal("imagenet", json.GetProperty("stem").GetString());
        Assert.Equal(StemKind.ImageNet, ShuffleNetV2.StemOf(metadata));
        Assert.Equal(64, metadata.InputSize);
        Assert.Equal([0.1f, 0.2f, 0.3f], metadata.Mean!.Value);
        Assert.Equal([0.247f, 0.2435f, 0.2616f], metadata.StandardDeviation!.Value);
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], metadata.Labels!.Value);
        Assert.Equal("shufflenet_v2_x0_5_expanded", metadata.Architecture);
    }

    [Fact]
    public async Task What_nobody_knows_is_written_as_it_is_assumed()
    {
        string bare = _files.WriteModel("bare.safetensors", describe: _ => new ModelMetadata()), copy = _files["copy.safetensors"];
        (await CliRunner.RunAsync("convert", bare, copy)).RequireSuccess();
        ModelMetadata metadata = CheckpointFile.Load(copy).Metadata;

        Assert.Equal(StemKind.ImageNet, ShuffleNetV2.StemOf(metadata));
        Assert.Equal(224, metadata.InputSize);
        Assert.Equal(ModelMetadata.ImageNet.Mean!.Value, metadata.Mean!.Value);
        Assert.Null(metadata.Labels);
    }

    [Theory]
    [InlineData("a\nb\nc", "3 class labels")]
    [InlineData("a\n\nb", "line 2")]
    public async Task Labels_that_do_not_fit_are_an_error(string text, string fragment)
    {
        File.WriteAllText(_files["labels.txt"], text);

        CliResult result = await CliRunner.RunAsync(
            "convert", CliFiles.Model, _files["copy.safetensors"], "--labels", _files["labels.txt"]);

        result.RequireError(ExitCode.Failure, fragment);
        Assert.Equal(["labels.txt"], _files.Names);
    }

    [Fact]
    public async Task Tensors_of_an_unknown_architecture_are_an_error()
    {
        var tensors = new StateDict();
        tensors.Add("layer.weight", Tensor.FromFloats(new Shape(2), [1, 2]));
        CheckpointFile.Save(_files["other.safetensors"], new Checkpoint(tensors, new ModelMetadata()));

        CliResult result = await CliRunner.RunAsync("convert", _files["other.safetensors"], _files["copy.safetensors"]);

        result.RequireError(ExitCode.Failure, _files["other.safetensors"], "layer.weight");
        Assert.Equal(["other.safetensors"], _files.Names);
    }

    [Fact]
    public async Task A_format_that_cannot_be_written_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync("convert", CliFiles.Model, _files["copy.pth"]);

        result.RequireError(ExitCode.Failure, "copy.pth", ".safetensors");
        Assert.Empty(_files.Names);
    }
}
