using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class EvalCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_same_image_under_every_class_is_right_once_and_five_times(int threads)
    {
        string folder = _files.WriteImageFolder("images");

        JsonElement json = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--json", "--threads", $"{threads}")).Json();

        Assert.Equal(10, json.GetProperty("images").GetInt32());
        Assert.Equal(10, json.GetProperty("top1").GetDouble());
        Assert.Equal(50, json.GetProperty("top5").GetDouble());
        Assert.True(json.GetProperty("images_per_second").GetDouble() > 0);
    }

    [Fact]
    public async Task Limit_and_offset_choose_from_the_sorted_images()
    {
        string folder = _files.WriteImageFolder("images");

        // The fourth class is the network's fourth output, the cat, which the photograph shows.
        JsonElement cat = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--json", "--offset", "3", "--limit", "1")).Json();
        JsonElement rest = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--json", "--offset", "4", "--limit", "99")).Json();

        Assert.Equal((1, 100), (cat.GetProperty("images").GetInt32(), cat.GetProperty("top1").GetDouble()));
        Assert.Equal((6, 0), (rest.GetProperty("images").GetInt32(), rest.GetProperty("top1").GetDouble()));
    }

    [Fact]
    public async Task An_offset_beyond_the_images_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files.WriteImageFolder("images"), "--offset", "10");

        result.RequireError(ExitCode.Failure, "--offset", "10");
    }

    [Fact]
    public async Task More_classes_than_outputs_are_an_error()
    {
        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files.WriteImageFolder("images", 11));

        result.RequireError(ExitCode.Failure, "expected 10 class folders", "found 11", "'class10'");
    }

    [Fact]
    public async Task A_bad_image_is_skipped_and_named_and_stops_a_strict_evaluation()
    {
        string folder = _files.WriteImageFolder("images"), bad = Path.Combine(folder, "dog", "bad.png");
        File.WriteAllBytes(bad, File.ReadAllBytes(CliFiles.Cat)[..1000]);

        JsonElement json = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--json")).Json();
        CliResult text = await CliRunner.RunAsync("eval", CliFiles.Model, folder);

        Assert.Equal((10, 10), (json.GetProperty("images").GetInt32(), json.GetProperty("top1").GetDouble()));
        JsonElement skipped = Assert.Single(json.GetProperty("skipped").EnumerateArray());
        Assert.Equal(bad, skipped.GetProperty("image").GetString());
        Assert.Contains(bad, skipped.GetProperty("error").GetString());
        Assert.Equal(ExitCode.Success, text.Code);
        Assert.Contains($"dw: warning: skipped 1 image that cannot be read: {bad}: ", Assert.Single(text.OtherLines));
        (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--strict")).RequireError(ExitCode.Failure, bad);
    }

    [Fact]
    public async Task Mostly_bad_images_are_an_error()
    {
        string folder = _files.WriteImageFolder("images");
        foreach (string label in CliFiles.Labels.Take(6))
        {
            File.WriteAllText(Path.Combine(folder, label, "cat.png"), "no image");
        }

        CliResult all = await CliRunner.RunAsync("eval", CliFiles.Model, folder);
        CliResult one = await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--limit", "1");

        all.RequireError(ExitCode.Failure, folder, "6 of 10 images cannot be read", "cat.png");
        one.RequireError(ExitCode.Failure, "the only image cannot be read");
    }

    [Fact]
    public async Task A_limit_is_spread_over_the_classes()
    {
        string folder = _files.WriteImageFolder("images");
        for (int i = 0; i < 30; i++)
        {
            File.Copy(CliFiles.Cat, Path.Combine(folder, "airplane", $"{i}.png"));
        }

        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--limit", "12", "--json"), again =
            await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--limit", "12", "--json");

        JsonElement json = result.Json();
        Assert.Equal((12, 40, 10), (Int(json, "images"), Int(json, "images_found"), Int(json, "classes")));
        Assert.Equal(json.GetProperty("top1").GetDouble(), again.Json().GetProperty("top1").GetDouble());
        Assert.Equal(2, Int((await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--limit", "2", "--json")).Json(), "classes"));
        Assert.Contains(
            "12 of 40, from all 10 classes", (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--limit", "12")).Output);
    }

    [Fact]
    public async Task Labels_in_another_order_than_the_folders_are_matched_by_name()
    {
        string folder = _files.WriteImageFolder("images"), labels = _files["labels.txt"];
        File.WriteAllLines(labels, ["Cat", "airplane", "automobile", "bird", "deer", "dog", "frog", "horse", "ship", "truck"]);

        JsonElement json = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--labels", labels, "--json")).Json();

        // By these labels output 3, the photograph's, is a bird, of which there is one image as of any other class.
        Assert.Equal("name", json.GetProperty("class_match").GetString());
        Assert.Equal(10, json.GetProperty("top1").GetDouble());
        Directory.Delete(Path.Combine(folder, "bird"), recursive: true);
        JsonElement without = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--labels", labels, "--json")).Json();
        Assert.Equal(0, without.GetProperty("top1").GetDouble());
        Assert.Contains("no image of the class 'bird'", Assert.Single(without.GetProperty("warnings").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("airplane2", "airplane", "automobile", "bird", "deer", "dog", "frog", "horse", "ship", "truck")]
    [InlineData("Katze", "Flugzeug", "Auto", "Vogel", "Hirsch", "Hund", "Frosch", "Pferd", "Schiff", "Lastwagen")]
    public async Task Labels_that_do_not_name_the_folders_are_an_error(params string[] names)
    {
        string labels = _files["labels.txt"];
        File.WriteAllLines(labels, names);

        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files.WriteImageFolder("images"), "--labels", labels);

        result.RequireError(ExitCode.Failure, "named by no label", "'cat'", "--labels");
    }

    [Fact]
    public async Task Without_labels_the_folders_are_matched_by_position_and_that_is_told()
    {
        string model = _files.WriteModel("bare.safetensors", describe: metadata => metadata with { Labels = null });

        CliResult result = await CliRunner.RunAsync("eval", model, _files.WriteImageFolder("images"));

        result.RequireSuccess();
        Assert.Contains(result.Notes, note => note.Contains("sorted by name"));
        (await CliRunner.RunAsync("eval", model, _files.WriteImageFolder("few", 9))).RequireError(
            ExitCode.Failure, "expected 10 class folders", "found 9");
    }

    [Fact]
    public async Task What_a_class_loses_is_named()
    {
        string folder = _files.WriteImageFolder("images");
        string ship = Path.Combine(folder, "ship", "cat.png");
        File.Move(ship, Path.ChangeExtension(ship, ".gif"));
        File.WriteAllText(Path.ChangeExtension(ship, ".gif"), "GIF89a, not an image that is read");
        Directory.CreateDirectory(Path.Combine(folder, "dog", "puppies"));
        File.Move(Path.Combine(folder, "dog", "cat.png"), Path.Combine(folder, "dog", "puppies", "cat"));

        JsonElement json = (await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--json")).Json();

        Assert.Equal((9, 9), (Int(json, "images"), Int(json, "classes")));
        string[] warnings = [.. json.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()!)];
        Assert.Equal(2, warnings.Length);
        Assert.Contains("no image of the class 'ship'", warnings[0]);
        Assert.Contains("'ship' (1 .gif)", warnings[1]);
    }

    [Fact]
    public async Task It_tells_where_the_input_comes_from_and_questions_a_mean_on_another_scale()
    {
        string folder = _files.WriteImageFolder("images");
        string model = _files.WriteModel("part.safetensors", describe: metadata => metadata with { StandardDeviation = null });

        CliResult text = await CliRunner.RunAsync("eval", model, folder, "--mean", "127,127,127");
        JsonElement json = (await CliRunner.RunAsync("eval", model, folder, "--mean", "127,127,127", "--json")).Json();

        Assert.Equal(
            "dw: input: 32 x 32, mean 127, 127, 127, std 0.229, 0.224, 0.225, cifar stem. From options: mean. From the file: size, stem. "
            + "Assumed, since neither options nor metadata tell: std.",
            text.Notes[0]);
        Assert.Contains("Then mean is 0.498, 0.498, 0.498 here.", Assert.Single(text.OtherLines));
        JsonElement origin = json.GetProperty("input").GetProperty("origin");
        Assert.Equal(
            ["file", "option", "assumed", "file"],
            new[] { "size", "mean", "std", "stem" }.Select(name => origin.GetProperty(name).GetString()));
        Assert.Contains("127", Assert.Single(json.GetProperty("warnings").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_missing_folder_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files["nowhere"]);

        result.RequireError(ExitCode.Failure, "nowhere");
    }

    [SharedTheory]
    [InlineData("cifar10_dw_x0_5.pth")]
    [InlineData("cifar10_expanded_x0_5.pth")]
    public async Task A_trained_network_recognises_most_of_its_test_images(string name)
    {
        string model = SharedFolder.Require(Path.Combine("models", name));
        string folder = SharedFolder.Require(Path.Combine("data", "cifar10", "test"));

        JsonElement json = (await CliRunner.RunAsync(
            ["eval", model, folder, "--json", "--offset", "490", "--limit", "20", .. CliFiles.CifarOptions])).Json();

        Assert.Equal(20, json.GetProperty("images").GetInt32());
        // A network with another stem, order of classes or preprocessing is right in about one of ten.
        Assert.InRange(json.GetProperty("top1").GetDouble(), 75, 100);
        Assert.InRange(json.GetProperty("top5").GetDouble(), 95, 100);
    }

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
