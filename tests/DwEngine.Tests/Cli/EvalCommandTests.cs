using System.Text.Json;
using DwEngine.Cli;
using DwEngine.Tests.Support;
using Xunit;

namespace DwEngine.Tests.Cli;

[Trait("Category", "Native")]
public sealed class EvalCommandTests : IDisposable
{
    private static readonly string[] s_cifar =
        ["--stem", "cifar", "--size", "32", "--mean", "0.4914,0.4822,0.4465", "--std", "0.2470,0.2435,0.2616"];

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

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    public async Task Another_number_of_classes_than_outputs_is_an_error(int classes)
    {
        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files.WriteImageFolder("images", classes));

        result.RequireError(ExitCode.Failure, "expected 10 class folders", $"found {classes}");
    }

    [Fact]
    public async Task A_bad_image_is_an_error_that_names_it()
    {
        string folder = _files.WriteImageFolder("images"), bad = Path.Combine(folder, "class05", "bad.png");
        File.WriteAllBytes(bad, File.ReadAllBytes(CliFiles.Cat)[..1000]);

        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, folder);

        result.RequireError(ExitCode.Failure, bad);
    }

    [Fact]
    public async Task A_missing_folder_is_an_error()
    {
        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, _files["nowhere"]);

        result.RequireError(ExitCode.Failure, "nowhere");
    }

    [Theory]
    [InlineData("cifar10_dw_x0_5.pth")]
    [InlineData("cifar10_expanded_x0_5.pth")]
    public async Task A_trained_network_recognises_most_of_its_test_images(string name)
    {
        string model = SharedFolder.Require(Path.Combine("models", name));
        string folder = SharedFolder.Require(Path.Combine("data", "cifar10", "test"));

        JsonElement json = (await CliRunner.RunAsync(
            ["eval", model, folder, "--json", "--offset", "450", "--limit", "100", .. s_cifar])).Json();

        Assert.Equal(100, json.GetProperty("images").GetInt32());
        // A network with another stem, order of classes or preprocessing is right in about one of ten.
        Assert.InRange(json.GetProperty("top1").GetDouble(), 75, 100);
        Assert.InRange(json.GetProperty("top5").GetDouble(), 95, 100);
    }
}
