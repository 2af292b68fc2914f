using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class CompareCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_network_agrees_with_itself()
    {
        JsonElement json = (await CliRunner.RunAsync(
            "compare", CliFiles.Model, CliFiles.Model, "--data", _files.WriteImageFolder("images"), "--json")).Json();

        Assert.Equal(10, json.GetProperty("images").GetInt32());
        Assert.Equal(100, json.GetProperty("agreement").GetDouble());
        Assert.Equal(10, json.GetProperty("top1_a").GetDouble());
        Assert.Equal(10, json.GetProperty("top1_b").GetDouble());
        Assert.Equal(0, json.GetProperty("max_logit_difference").GetDouble());
        Assert.True(json.GetProperty("ms_a").GetDouble() > 0 && json.GetProperty("ms_b").GetDouble() > 0);
        Conditions.Require(json);
    }

    [Fact]
    public async Task Another_bias_changes_the_answers_and_the_largest_difference()
    {
        // So large that the network answers the first class, whatever it sees.
        string biased = _files.WriteModel("biased.safetensors", (name, tensor) =>
        {
            if (name != "fc.bias")
            {
                return tensor;
            }

            float[] values = tensor.Floats.ToArray();
            values[0] += 1000;
            return Tensor.FromFloats(tensor.Shape, values);
        });

        // One image of each of the first five classes. The first network is right about the cat, the other about its own class.
        CliResult result = await CliRunner.RunAsync(
            "compare", CliFiles.Model, biased, "--data", _files.WriteImageFolder("images"), "--limit", "5", "--json");

        JsonElement json = result.Json();
        Assert.Equal(5, json.GetProperty("images").GetInt32());
        Assert.Equal(0, json.GetProperty("agreement").GetDouble());
        Assert.Equal(20, json.GetProperty("top1_a").GetDouble());
        Assert.Equal(20, json.GetProperty("top1_b").GetDouble());
        Assert.Equal(1000, json.GetProperty("max_logit_difference").GetDouble(), 2);
    }

    [Fact]
    public async Task The_text_shows_both_networks()
    {
        CliResult result = await CliRunner.RunAsync(
            "compare", CliFiles.Model, CliFiles.Model, "--data", _files.WriteImageFolder("images"), "--limit", "2");

        result.RequireSuccess();
        Assert.Contains("Same first answer on 2 of 2 images: 100.00 %.", result.Output);
        Assert.Contains("So few say little of others", result.Output);
        Assert.Contains("Largest difference of a logit: 0.", result.Output);
    }

    [Fact]
    public async Task What_one_file_leaves_open_is_taken_from_the_other()
    {
        string bare = _files.WriteModel("bare.safetensors", describe: _ => new());
        string images = _files.WriteImageFolder("images");

        foreach (string[] pair in (string[][])[[bare, CliFiles.Model], [CliFiles.Model, bare]])
        {
            JsonElement json = (await CliRunner.RunAsync("compare", pair[0], pair[1], "--data", images, "--json")).Json();

            Assert.Equal(0, json.GetProperty("max_logit_difference").GetDouble());
            foreach (string name in (string[])["input_a", "input_b"])
            {
                JsonElement input = json.GetProperty(name);
                Assert.Equal(32, input.GetProperty("input_size").GetInt32());
                Assert.Equal("cifar", input.GetProperty("stem").GetString());
                Assert.Equal(0, input.GetProperty("assumed").GetArrayLength());
            }
        }

        CliResult assumed = await CliRunner.RunAsync("compare", bare, bare, "--data", images, "--limit", "1", "--size", "64");
        assumed.RequireSuccess();
        Assert.Contains("Input: 64 x 64, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225, imagenet stem.", assumed.Output);
        Assert.Contains("Assumed, since neither options nor metadata tell: mean, std, stem.", assumed.Output);
    }

    [Fact]
    public async Task Files_that_tell_of_different_inputs_are_warned_of()
    {
        string other = _files.WriteModel("other.safetensors", describe: metadata => metadata with { InputSize = 40, Mean = [0, 0, 0] });

        CliResult result = await CliRunner.RunAsync(
            "compare", CliFiles.Model, other, "--data", _files.WriteImageFolder("images"), "--limit", "1");

        Assert.Equal(ExitCode.Success, result.Code);
        string warning = Assert.Single(result.OtherLines);
        Assert.StartsWith("dw: warning: the files tell of different inputs: size 32 x 32 against 40 x 40; mean ", warning);
        Assert.Contains("against 0, 0, 0.", warning);
        Assert.Contains("Input of B: 40 x 40", result.Output);
    }

    [Fact]
    public async Task Networks_with_different_outputs_are_an_error()
    {
        string smaller = _files.WriteModel(
            "nine.safetensors",
            (name, tensor) => name switch
            {
                "fc.weight" => Tensor.FromFloats(new Shape(9, 1024), tensor.Floats[..(9 * 1024)]),
                "fc.bias" => Tensor.FromFloats(new Shape(9), tensor.Floats[..9]),
                _ => tensor,
            },
            metadata => metadata with { Labels = null });

        CliResult result = await CliRunner.RunAsync("compare", CliFiles.Model, smaller, "--data", _files.WriteImageFolder("images"));

        result.RequireError(ExitCode.Failure, smaller, "10 outputs", "9");
    }

    [Fact]
    public async Task Data_are_required()
    {
        CliResult result = await CliRunner.RunAsync("compare", CliFiles.Model, CliFiles.Model);

        result.RequireError(ExitCode.Usage, "--data");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Agreement_and_error_need_no_classes(bool haveFolders)
    {
        // Without class folders, and with such that the labels do not name.
        string folder = _files["photographs"], below = haveFolders ? Path.Combine(folder, "holiday") : folder;
        Directory.CreateDirectory(below);
        File.Copy(CliFiles.Cat, Path.Combine(below, "cat.png"));
        File.Copy(CliFiles.Rocket, Path.Combine(below, "rocket.jpg"));

        CliResult result = await CliRunner.RunAsync("compare", CliFiles.Model, CliFiles.Model, "--data", folder, "--json");

        JsonElement json = result.Json();
        Assert.Equal(2, json.GetProperty("images").GetInt32());
        Assert.Equal(100, json.GetProperty("agreement").GetDouble());
        Assert.Equal(0, json.GetProperty("logit_error").GetDouble());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("top1_a").ValueKind);
        string[] warnings = [.. json.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!)];
        Assert.Equal(haveFolders ? 1 : 0, warnings.Length);
        Assert.All(warnings, warning => Assert.Contains("'holiday'", warning));
        Assert.Contains("no classes", (await CliRunner.RunAsync("compare", CliFiles.Model, CliFiles.Model, "--data", folder)).Output);
    }

    [Fact]
    public async Task The_error_is_that_of_the_second_network_relative_to_the_first()
    {
        string doubled = _files.WriteModel("doubled.safetensors", (name, tensor) => name is "fc.bias" or "fc.weight"
            ? Tensor.FromFloats(tensor.Shape, [.. tensor.Floats.ToArray().Select(value => 1.5f * value)])
            : tensor);

        JsonElement json = (await CliRunner.RunAsync(
            "compare", CliFiles.Model, doubled, "--data", _files.WriteImageFolder("images"), "--limit", "1", "--json")).Json();

        Assert.Equal(0.25, json.GetProperty("logit_error").GetDouble(), 4);
    }

    [Fact]
    public async Task Networks_whose_labels_are_in_another_order_are_an_error()
    {
        string other = _files.WriteModel(
            "other.safetensors", describe: metadata => metadata with { Labels = [.. metadata.Labels!.Value.Reverse()] });

        CliResult result = await CliRunner.RunAsync("compare", CliFiles.Model, other, "--data", _files.WriteImageFolder("images"));

        result.RequireError(ExitCode.Failure, other, "output 0 is labelled 'truck'", "'airplane'");
    }

    [Fact]
    public async Task It_tells_which_file_told_the_input()
    {
        string bare = _files.WriteModel("bare.safetensors", describe: _ => new());

        JsonElement json = (await CliRunner.RunAsync(
            "compare", bare, CliFiles.Model, "--data", _files.WriteImageFolder("images"), "--limit", "1", "--size", "40", "--json")).Json();

        Assert.Equal("option", Origin("input_a", "size"));
        Assert.Equal("other file", Origin("input_a", "mean"));
        Assert.Equal("file", Origin("input_b", "mean"));

        string? Origin(string input, string value) => json.GetProperty(input).GetProperty("origin").GetProperty(value).GetString();
    }
}
