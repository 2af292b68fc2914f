using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class RunCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_cat_is_a_cat()
    {
        CliResult result = await CliRunner.RunAsync("run", CliFiles.Model, CliFiles.Cat, "--top", "1");

        result.RequireSuccess();
        Assert.Contains("cat ", result.Output);
        Assert.Contains(" %", result.Output);
        Assert.DoesNotContain("dog", result.Output);
    }

    [Fact]
    public async Task Probabilities_are_sorted_and_sum_to_one()
    {
        JsonElement json = (await CliRunner.RunAsync("run", CliFiles.Model, CliFiles.Cat, CliFiles.Rocket, "--top", "99", "--json")).Json();

        JsonElement[] images = [.. json.GetProperty("images").EnumerateArray()];
        Assert.Equal([CliFiles.Cat, CliFiles.Rocket], images.Select(image => image.GetProperty("image").GetString()));
        foreach (JsonElement image in images)
        {
            JsonElement predictions = image.GetProperty("predictions");
            double[] probabilities = [.. predictions.EnumerateArray().Select(answer => answer.GetProperty("probability").GetDouble())];
            Assert.Equal(10, probabilities.Length);
            Assert.Equal(probabilities.OrderDescending(), probabilities);
            Assert.Equal(1, probabilities.Sum(), 1e-4);
        }
    }

    [Fact]
    public async Task It_feeds_what_preprocess_writes_and_shows_the_softmax_of_what_forward_writes()
    {
        string tensor = _files["cat.bin"], logits = _files["logits.bin"];
        (await CliRunner.RunAsync("preprocess", CliFiles.Cat, "--output", tensor, "--model", CliFiles.Model)).RequireSuccess();
        (await CliRunner.RunAsync("forward", CliFiles.Model, "--input", tensor, "--output", logits)).RequireSuccess();
        JsonElement json = (await CliRunner.RunAsync("run", CliFiles.Model, CliFiles.Cat, "--top", "10", "--json")).Json();

        double[] powers = [.. CliFiles.ReadFloats(logits).Select(logit => Math.Exp(logit))];
        foreach (JsonElement answer in json.GetProperty("images")[0].GetProperty("predictions").EnumerateArray())
        {
            int index = answer.GetProperty("index").GetInt32();
            Assert.Equal(powers[index] / powers.Sum(), answer.GetProperty("probability").GetDouble(), 1e-5);
        }
    }

    [Fact]
    public async Task A_bad_image_does_not_stop_the_others()
    {
        string bad = _files["bad.jpg"], missing = _files["missing.png"];
        File.WriteAllText(bad, "not an image");

        CliResult result = await CliRunner.RunAsync("run", CliFiles.Model, bad, CliFiles.Cat, missing, "--top", "1", "--json");

        Assert.Equal(ExitCode.Failure, result.Code);
        string[] lines = result.Error.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains(bad, lines[0]);
        Assert.Contains(missing, lines[1]);
        JsonElement images = result.ParseJson().GetProperty("images");
        Assert.True(images[0].TryGetProperty("error", out _));
        Assert.Equal("cat", images[1].GetProperty("predictions")[0].GetProperty("label").GetString());
        Assert.True(images[2].TryGetProperty("error", out _));
    }

    [Fact]
    public async Task Classes_without_names_are_shown_by_their_index()
    {
        string model = _files.WriteModel("bare.safetensors", describe: metadata => metadata with { Labels = null });

        CliResult result = await CliRunner.RunAsync("run", model, CliFiles.Cat, "--top", "1");

        result.RequireSuccess();
        Assert.Contains("class 3", result.Output);
    }

    [Fact]
    public async Task Labels_of_another_number_than_the_outputs_are_an_error()
    {
        string model = _files.WriteModel("few.safetensors", describe: metadata => metadata with { Labels = ["cat", "dog"] });

        CliResult result = await CliRunner.RunAsync("run", model, CliFiles.Cat);

        result.RequireError(ExitCode.Failure, model, "10 outputs", "2 class labels");
    }

    [Theory]
    [InlineData(1000, "great grey owl", true)]
    [InlineData(1001, "class 24", false)]
    public async Task A_network_of_1000_outputs_without_labels_answers_with_ImageNets_classes(int outputs, string name, bool isAssumed)
    {
        // So large a bias that the answer is class 24.
        float[] bias = new float[outputs];
        bias[24] = 1000;
        string model = _files.WriteModel(
            "wide.safetensors",
            (key, tensor) => key switch
            {
                "fc.weight" => Tensor.FromFloats(new Shape(outputs, 1024), new float[outputs * 1024]),
                "fc.bias" => Tensor.FromFloats(new Shape(outputs), bias),
                _ => tensor,
            },
            metadata => metadata with { Labels = null });

        CliResult text = await CliRunner.RunAsync("run", model, CliFiles.Cat, "--top", "1");
        JsonElement json = (await CliRunner.RunAsync("run", model, CliFiles.Cat, "--top", "1", "--json")).Json();

        text.RequireSuccess();
        Assert.Contains(name, text.Output);
        Assert.Equal(isAssumed, text.Notes.Any(note => note.Contains("ImageNet's, assumed")));
        Assert.Equal(isAssumed, json.GetProperty("imagenet_labels_assumed").GetBoolean());
        Assert.Equal(1000, DwEngine.Cli.Input.ImageNetClasses.Names.Distinct().Count());
    }
}
