using System.Text.Json;
using DwEngine.Cli;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Tests.Cli;

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

        // Five of ten, evenly: classes 0, 2, 4, 6 and 8. Both are right about one or none of them.
        CliResult result = await CliRunner.RunAsync(
            "compare", CliFiles.Model, biased, "--data", _files.WriteImageFolder("images"), "--limit", "5", "--json");

        JsonElement json = result.Json();
        Assert.Equal(5, json.GetProperty("images").GetInt32());
        Assert.Equal(0, json.GetProperty("agreement").GetDouble());
        Assert.Equal(0, json.GetProperty("top1_a").GetDouble());
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
        Assert.StartsWith("dw: warning: the files tell of different inputs: size 32 x 32 against 40 x 40; mean ", result.Error);
        Assert.Contains("against 0, 0, 0.", result.Error);
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
}
