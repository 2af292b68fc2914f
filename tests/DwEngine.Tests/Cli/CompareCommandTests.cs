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
