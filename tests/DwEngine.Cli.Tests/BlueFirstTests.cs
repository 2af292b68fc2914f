using System.Collections.Immutable;
using System.Text.Json;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>
/// The authors' ShuffleNet V2 takes blue first, 0 to 255. Every command that reads pictures is held against the same network with its
/// first weights turned round, which is fed red first.
/// </summary>
[Trait("Category", "Native")]
public sealed class BlueFirstTests : IDisposable
{
    private readonly CliFiles _files = new();
    private readonly string _blue, _red, _folder;

    public BlueFirstTests()
    {
        _folder = _files.WriteImageFolder("photos", classes: 5);
        StateDict tensors = MegviiWeights.Random(isExpanded: true);
        _blue = Write("blue.safetensors", tensors, new ModelMetadata { InputSize = 40, Settings = Colours("bgr") });
        _red = Write(
            "red.safetensors",
            tensors.With((name, tensor) => name == "first_conv.0.weight" ? Turned(tensor) : tensor),
            new ModelMetadata
            {
                InputSize = 40,
                Settings = Colours("rgb"),
            });
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Commands_feed_it_blue_first()
    {
        await RequirePreparation(_blue, isBlueFirst: true);
        await RequirePreparation(_red, isBlueFirst: false);
        await RequireSame(_blue, _red);
        JsonElement blue = (await CliRunner.RunAsync("eval", _blue, _folder, "--json")).Json();
        JsonElement red = (await CliRunner.RunAsync("eval", _red, _folder, "--json")).Json();
        Assert.Equal(red.GetProperty("top1").ToString(), blue.GetProperty("top1").ToString());
    }

    [Fact]
    public async Task A_network_of_another_architecture_does_not_tell_how_its_pictures_are_prepared()
    {
        string bare = Write("bare.safetensors", MegviiWeights.Random(isExpanded: true), new ModelMetadata { InputSize = 40 });
        string other = Write(
            "other.safetensors", ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar)),
            ModelMetadata.ImageNet with { InputSize = 40, Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar) });
        foreach (string[] pair in (string[][])[[bare, other], [other, bare]])
        {
            JsonElement json = (await CliRunner.RunAsync(["compare", .. pair, "--data", _folder, "--json"])).Json();
            JsonElement fed = json.GetProperty(pair[0] == bare ? "input_a" : "input_b");
            Assert.Equal("bgr", fed.GetProperty("colours").GetString());
            Assert.All(fed.GetProperty("mean").EnumerateArray(), mean => Assert.Equal(0, mean.GetDouble()));
        }

        await RequirePreparation(bare, isBlueFirst: true);
    }

    [Theory]
    [InlineData("kept.safetensors")]
    [InlineData("kept.onnx")]
    [InlineData("kept.py")]
    public async Task Files_keep_it(string name)
    {
        string kept = _files[name], again = _files[$"again{Path.GetExtension(name)}"];
        (await CliRunner.RunAsync("convert", _blue, kept)).RequireSuccess();
        await RequirePreparation(kept, isBlueFirst: true);
        await RequireSame(kept, _red);
        (await CliRunner.RunAsync("convert", kept, again)).RequireSuccess();
        await RequirePreparation(again, isBlueFirst: true);
        await RequireSame(again, _red);
    }

    [Theory]
    [InlineData(".safetensors")]
    [InlineData(".onnx")]
    [InlineData(".py")]
    public async Task A_decomposition_is_calibrated_with_it_and_keeps_it(string extension)
    {
        string blue = _files[$"blue_small{extension}"], red = _files[$"red_small{extension}"];
        foreach ((string from, string to) in ((string, string)[])[(_blue, blue), (_red, red)])
        {
            (await CliRunner.RunAsync("decompose", from, "-o", to, "--calibration", _folder, "--method", "joint", "--force"))
                .RequireSuccess();
        }

        await RequirePreparation(blue, isBlueFirst: true);
        await RequireSame(blue, red);
    }

    [Fact]
    public async Task A_module_says_in_which_order_it_takes_colours()
    {
        (await CliRunner.RunAsync("convert", _blue, _files["net.py"])).RequireSuccess();
        string text = await File.ReadAllTextAsync(_files["net.py"], TestContext.Current.CancellationToken);
        Assert.Contains("40 x 40 pixels, blue, green, red, (value / 255 - mean) / std", text, StringComparison.Ordinal);
    }

    private async Task RequirePreparation(string model, bool isBlueFirst)
    {
        var expected = new Preprocessing(40, 40, [0, 0, 0], [1 / 255f, 1 / 255f, 1 / 255f]) { BlueFirst = isBlueFirst };
        float[] values = new float[expected.OutputLength];
        expected.Apply(ImageDecoder.Load(CliFiles.Cat), values);
        (await CliRunner.RunAsync("preprocess", CliFiles.Cat, "--model", model, "--output", _files["fed.bin"])).RequireSuccess();
        Assert.Equal(values, CliFiles.ReadFloats(_files["fed.bin"]));
    }

    private async Task RequireSame(string first, string second)
    {
        JsonElement compared = (await CliRunner.RunAsync("compare", first, second, "--data", _folder, "--json")).Json();
        Assert.InRange(compared.GetProperty("logit_error").GetDouble(), 0, 1e-6);
        double[] a = await Probabilities(first), b = await Probabilities(second);
        Assert.All(a.Zip(b), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    private static async Task<double[]> Probabilities(string model)
    {
        JsonElement image = (await CliRunner.RunAsync("run", model, CliFiles.Cat, "--json")).Json().GetProperty("images")[0];
        return
        [
            .. image.GetProperty("predictions").EnumerateArray().OrderBy(entry => entry.GetProperty("index").GetInt32())
                .Select(entry => entry.GetProperty("probability").GetDouble()),
        ];
    }

    private static ImmutableSortedDictionary<string, string> Colours(string order) =>
        new ModelMetadata().Settings.Add(MegviiShuffleNetV2.ColoursSetting.Name, order);

    private static Tensor Turned(Tensor weights)
    {
        float[] values = new float[weights.Shape.ElementCount];
        int plane = weights.Shape[2] * weights.Shape[3];
        for (int i = 0; i < values.Length; i++)
        {
            int channel = i / plane % 3;
            values[i] = weights.Floats[i + ((2 - (2 * channel)) * plane)];
        }

        return Tensor.FromFloats(weights.Shape, values);
    }

    private string Write(string name, StateDict tensors, ModelMetadata metadata)
    {
        CheckpointFile.Save(_files[name], new Checkpoint(tensors, metadata));
        return _files[name];
    }
}
