using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Decomposition.Statistics;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class DecomposeCommandTests : IDisposable
{
    // What the plain architecture of this width, stem and number of classes has.
    private const long PlainParameters = 352_042;

    private readonly CliFiles _files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Without_data_the_written_file_is_the_plain_architecture()
    {
        string output = _files["small.safetensors"];

        JsonElement json = (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", output, "--force", "--json")).Json();

        JsonElement info = (await CliRunner.RunAsync("info", output, "--json")).Json();
        Assert.Equal("svd", json.GetProperty("method").GetString());
        Assert.Equal("svd", Assert.Single(json.GetProperty("methods").EnumerateArray()).GetString());
        Assert.Equal("shufflenet_v2_x0_5", info.GetProperty("architecture").GetString());
        Assert.Equal(info.GetProperty("multiply_adds").GetInt64(), json.GetProperty("macs_after").GetInt64());
        Assert.Equal(PlainParameters, info.GetProperty("parameters").GetInt64());
        Assert.True(json.GetProperty("ms_before").GetDouble() > 0 && json.GetProperty("ms_after").GetDouble() > 0);
        Conditions.Require(json);
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Equal("left alone", layers[0].GetProperty("decision").GetString());
        Assert.All(layers[1..], layer =>
        {
            Assert.Equal("decomposed", layer.GetProperty("decision").GetString());
            Assert.Equal(1, layer.GetProperty("rank").GetInt32());
            Assert.InRange(layer.GetProperty("relative_error").GetDouble(), 1e-3, 1);
            Assert.Equal(1 - layer.GetProperty("relative_error").GetDouble(), layer.GetProperty("retained_energy").GetDouble(), 6);
            Assert.Equal(JsonValueKind.Null, layer.GetProperty("response_error").ValueKind);
            Assert.True(layer.GetProperty("macs_after").GetInt64() < layer.GetProperty("macs_before").GetInt64());
            Assert.True(layer.GetProperty("ms_before").GetDouble() > 0 && layer.GetProperty("ms_after").GetDouble() > 0);
        });
        ModelMetadata before = CheckpointFile.Load(CliFiles.Model).Metadata, after = CheckpointFile.Load(output).Metadata;
        Assert.Equal(before.Labels!.Value, after.Labels!.Value);
        Assert.Equal(before.Mean!.Value, after.Mean!.Value);
        Assert.Equal((ShuffleNetV2.StemOf(before), before.InputSize), (ShuffleNetV2.StemOf(after), after.InputSize));
        Assert.Equal(["small.safetensors"], _files.Names);
    }

    [Fact]
    public async Task With_images_the_method_is_joint_and_the_page_stands_alone()
    {
        string page = _files["report.html"], labelled = _files.WriteImageFolder("labelled");

        JsonElement json = (await CliRunner.RunAsync(
            "decompose", CliFiles.Model, "-o", _files["small.safetensors"], "--calibration", Photographs(), "--samples", "2", "--force",
            "--memory", "64MiB", "--compare-data", labelled, "--report", page, "--json")).Json();

        Assert.Equal("joint", json.GetProperty("method").GetString());
        Assert.Equal(2, json.GetProperty("images").GetInt32());
        JsonElement layer = json.GetProperty("layers").EnumerateArray().Last();
        Assert.InRange(layer.GetProperty("response_error").GetDouble(), 0, 1);
        Assert.True(layer.GetProperty("positions").GetInt64() > 0);
        JsonElement comparison = json.GetProperty("comparison");
        Assert.Equal(10, comparison.GetProperty("images").GetInt32());
        Assert.Equal(10, comparison.GetProperty("top1_a").GetDouble());
        string html = File.ReadAllText(page).Replace(" xmlns=\"http://www.w3.org/2000/svg\"", "");
        Assert.Contains(layer.GetProperty("name").GetString()!, html);
        Assert.Equal(3, html.Split("<svg").Length - 1);
        Assert.All((string[])["http", "src=", "href", "<script", "url(", "@import"], link => Assert.DoesNotContain(link, html));
    }

    [SharedFact]
    public async Task A_trained_network_keeps_its_accuracy()
    {
        string model = SharedFolder.Require(Path.Combine("models", "cifar10_expanded_x0_5.pth"));
        string data = SharedFolder.Require(Path.Combine("data", "cifar10"));

        JsonElement json = (await CliRunner.RunAsync(
            [
                "decompose", model, "-o", _files["small.safetensors"], "--calibration", Path.Combine(data, "train"), "--samples", "250",
                "--compare-data", Path.Combine(data, "test"), "--force", "--json", .. CliFiles.CifarOptions,
            ])).Json();

        Assert.Equal(("joint", 250), (json.GetProperty("method").GetString(), json.GetProperty("images").GetInt32()));
        Assert.Equal(json.GetProperty("layers").GetArrayLength() - 1, json.GetProperty("decomposed").GetInt32());
        JsonElement comparison = json.GetProperty("comparison");
        Assert.Equal(5000, comparison.GetProperty("images").GetInt32());
        Assert.InRange(comparison.GetProperty("top1_a").GetDouble(), 84, 100);
        Assert.InRange(comparison.GetProperty("top1_b").GetDouble(), 81, 100);
    }

    [Fact]
    public async Task By_multiply_adds_the_same_command_gives_the_same_file_and_ranks_go_by_the_answer()
    {
        string images = _files.WriteImageFolder("images", classes: 3);
        string[] common =
        [
            "--calibration", images, "--method", "gsvd", "--by", "multiply-adds", "--target-speedup", "1.1", "--rank", "3",
            "--layers", "stage2.*", "--layers", "stage3.0.*",
        ];
        string first = _files["first.onnx"], second = _files["second.onnx"], other = _files["other.onnx"];

        JsonElement json = (await CliRunner.RunAsync(["decompose", CliFiles.Model, "-o", first, "--json", .. common])).Json();
        (await CliRunner.RunAsync(["decompose", CliFiles.Model, "-o", second, .. common])).RequireSuccess();
        (await CliRunner.RunAsync(["decompose", CliFiles.Model, "-o", other, "--ranks-by", "singular-values", .. common])).RequireSuccess();

        Assert.Equal(await File.ReadAllBytesAsync(first, Token), await File.ReadAllBytesAsync(second, Token));
        Assert.NotEqual(await File.ReadAllBytesAsync(first, Token), await File.ReadAllBytesAsync(other, Token));
        JsonElement settings = json.GetProperty("settings");
        Assert.Equal(("multiply-adds", 3), (settings.GetProperty("by").GetString(), settings.GetProperty("rank").GetInt32()));
        Assert.True(json.GetProperty("macs_before").GetDouble() >= 1.1 * json.GetProperty("macs_after").GetDouble());
        Assert.All(
            json.GetProperty("layers").EnumerateArray().Where(layer => layer.GetProperty("decision").GetString() == "decomposed"),
            layer => Assert.InRange(layer.GetProperty("rank").GetInt32(), 1, 3));
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", other, "--ranks-by", "answer"))
            .RequireError(ExitCode.Usage, "--ranks-by", "--target-speedup");
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", other, "--ranks-by", "answer", "--target-speedup", "2"))
            .RequireError(ExitCode.Usage, "--ranks-by answer needs --calibration");
    }

    [Fact]
    public async Task A_result_of_a_higher_rank_has_a_name_of_its_own_and_loads()
    {
        string output = _files["rank2.safetensors"];
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", output, "--rank", "2", "--force")).RequireSuccess();

        JsonElement info = (await CliRunner.RunAsync("info", output, "--json")).Json();

        Assert.Equal("shufflenet_v2_x0_5_modified", info.GetProperty("architecture").GetString());
    }

    [Fact]
    public async Task The_result_of_the_channel_baseline_can_be_loaded_too()
    {
        string output = _files["channel.safetensors"];
        JsonElement json = (await CliRunner.RunAsync(
            "decompose", CliFiles.Model, "-o", output, "--method", "channel", "--calibration", Photographs(), "--layers", "stage4.*",
            "--force",
            "--json")).Json();

        JsonElement info = (await CliRunner.RunAsync("info", output, "--json")).Json();
        Assert.Equal("shufflenet_v2_x0_5_modified", info.GetProperty("architecture").GetString());
        Assert.Equal(info.GetProperty("multiply_adds").GetInt64(), json.GetProperty("macs_after").GetInt64());
        Assert.Equal(5, json.GetProperty("decomposed").GetInt32());
        (await CliRunner.RunAsync("run", output, CliFiles.Cat)).RequireSuccess();
    }

    [Fact]
    public async Task Statistics_are_gathered_in_parts_and_serve_instead_of_images()
    {
        string statistics = _files["statistics.safetensors"], output = _files["small.safetensors"], report = _files["report.json"];
        string[] common = ["decompose", CliFiles.Model, "-o", output, "--statistics", statistics, "--layers", "stage4.*", "--force"];
        string[] gather = [.. common, "--method", "svd", "--calibration"];
        string photographs = Photographs(), rocket = Path.Combine(photographs, "more");
        (await CliRunner.RunAsync([.. gather, rocket])).RequireSuccess();
        (await CliRunner.RunAsync([.. gather, rocket])).RequireSuccess();
        Assert.Equal(1, StatisticsFile.Load(statistics).Images);
        (await CliRunner.RunAsync([.. gather, photographs])).RequireError(ExitCode.Failure, statistics, "holds 1 of the 2 images already");
        Directory.CreateDirectory(_files["others"]);
        File.Move(Path.Combine(photographs, "cat.png"), Path.Combine(_files["others"], "cat.png"));
        (await CliRunner.RunAsync([.. gather, _files["others"]])).RequireSuccess();
        Assert.Equal(2, StatisticsFile.Load(statistics).Images);

        JsonElement json = (await CliRunner.RunAsync(
            [.. common, "--method", "gsvd", "--exclude", "*.branch1.?", "--report", report, "--json"])).Json();

        Assert.Equal(2, json.GetProperty("images").GetInt32());
        Assert.Equal("shufflenet_v2_x0_5_modified", json.GetProperty("architecture").GetString());
        string?[] decomposed =
        [
            .. json.GetProperty("layers").EnumerateArray()
                .Where(layer => layer.GetProperty("decision").GetString() == "decomposed")
                .Select(layer => layer.GetProperty("name").GetString()),
        ];
        Assert.Equal(["stage4.0.branch2.3", "stage4.1.branch2.3", "stage4.2.branch2.3", "stage4.3.branch2.3"], decomposed);
        using var written = JsonDocument.Parse(File.ReadAllText(report));
        Assert.True(JsonElement.DeepEquals(json, written.RootElement));
        CliResult other = await CliRunner.RunAsync([.. gather, rocket, "--seed", "2"]);
        other.RequireError(ExitCode.Failure, statistics, "seed 1", "seed 2");
    }

    [Fact]
    public async Task The_table_names_every_layer_and_says_why_one_is_left_alone()
    {
        CliResult result = await CliRunner.RunAsync(
            "decompose", CliFiles.Model, "-o", _files["small.safetensors"], "--layers", "stage4.0.*", "--max-error", "0.000001");

        result.RequireSuccess();
        Assert.Contains("stage2.0.branch1.0", result.Output);
        Assert.Contains("left: not chosen", result.Output);
        Assert.Contains("left: error above 1E-06", result.Output);
        Assert.Contains("Nothing was decomposed: all 20 regular convolutions were left alone.", result.Output);
        Assert.DoesNotContain("Only the weights were used", result.Output);
    }

    [Fact]
    public async Task The_text_tells_the_input_the_settings_and_that_weights_alone_are_poor()
    {
        string bare = _files.WriteModel(
            "bare.safetensors", describe: metadata => new() { Settings = metadata.Settings, InputSize = metadata.InputSize });

        CliResult result =
            await CliRunner.RunAsync("decompose", bare, "-o", _files["small.safetensors"], "--layers", "stage4.*", "--force");

        result.RequireSuccess();
        Assert.Contains("Input: 32 x 32, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225, cifar stem.", result.Output);
        Assert.Contains("Assumed, since neither options nor metadata tell: mean, std.", result.Output);
        Assert.Contains("--layers 'stage4.*' --force", result.Output);
        Assert.Contains("Settings: method svd; rank 1; layers stage4.*; force yes.", result.Output);
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.StartsWith("Only the weights were used", lines[^1]);
        Assert.Contains("5 of 20 regular convolutions decomposed by 'svd'", lines[^2]);
        string row = lines.Single(line => line.Contains("stage2.0.branch1.0"));
        Assert.DoesNotContain("svd", row);
        Assert.InRange(
            lines.Where(line => line.Contains("stage")).Where(line => line.StartsWith(' ')).Max(line => line.TrimEnd().Length), 1, 156);
    }

    [Fact]
    public async Task A_layer_that_cannot_be_written_is_left_out_and_refused_alone()
    {
        string output = _files["small.safetensors"];
        CliResult refused = await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", output, "--layers", "conv1*");
        refused.RequireError(ExitCode.Failure, "'conv1.0': no 1x1 convolution follows it");
        Assert.Empty(_files.Names);

        JsonElement json =
            (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", output, "--layers", "*", "--force", "--json")).Json();

        Assert.Equal(19, json.GetProperty("decomposed").GetInt32());
        Assert.Equal("no 1x1 follows", json.GetProperty("layers")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Input_and_outputs_must_be_different_files_whatever_links_lead_to_them()
    {
        string model = _files.WriteModel("model.safetensors"), link = _files["link.safetensors"], folder = _files["folder"];
        File.CreateSymbolicLink(link, "model.safetensors");
        Directory.CreateSymbolicLink(folder, Path.GetDirectoryName(model)!);
        byte[] before = File.ReadAllBytes(model);
        string output = _files["out.safetensors"], same = Path.Combine(folder, "out.safetensors");

        foreach (string[] files in (string[][])
            [["-o", model], ["-o", link], ["-o", Path.Combine(folder, ".", "link.safetensors")], ["-o", output, "--statistics", model],
                ["-o", output, "--statistics", same]])
        {
            CliResult result = await CliRunner.RunAsync(["decompose", model, .. files]);
            result.RequireError(ExitCode.Failure, "different files were expected", files[^1]);
        }

        Assert.Equal(before, File.ReadAllBytes(model));
        Assert.Equal(["folder", "link.safetensors", "model.safetensors"], _files.Names);
    }

    [Fact]
    public async Task Without_an_output_statistics_are_gathered_and_what_a_method_misses_is_told()
    {
        string statistics = _files["statistics.safetensors"], output = _files["small.safetensors"];
        string[] common = ["decompose", CliFiles.Model, "--statistics", statistics, "--layers", "stage4.*"];
        string[] images = ["--calibration", Photographs(), "--samples", "2", "--memory", "64M"];

        CliResult gathered = await CliRunner.RunAsync([.. common, .. images]);

        gathered.RequireSuccess();
        Assert.Contains("statistics of 5 layers on 2 images, 2 of them added now. Nothing was decomposed", gathered.Output);
        Assert.Equal(2, StatisticsFile.Load(statistics).Images);
        Assert.Equal(["photographs", "statistics.safetensors"], _files.Names);

        CliResult without = await CliRunner.RunAsync([.. common, "-o", output, "--force"]);
        without.RequireSuccess();
        Assert.Contains("'joint' used the statistics of the original network; with images (--calibration)", without.Output);
        CliResult both = await CliRunner.RunAsync([.. common, .. images, "-o", output, "--force"]);
        both.RequireSuccess();
        Assert.Contains("so it used the 2 images of --calibration only", both.Output);
        Assert.Contains("samples, at most 2; seed 1; memory 67,108,864 bytes", both.Output);
        JsonElement gsvd = (await CliRunner.RunAsync([.. common, .. images, "-o", output, "--force", "--method", "gsvd", "--json"])).Json();
        Assert.Equal(2, gsvd.GetProperty("images").GetInt32());
        JsonElement settings = gsvd.GetProperty("settings");
        Assert.Equal("decompose", settings.GetProperty("arguments")[0].GetString());
        Assert.Equal("gsvd", settings.GetProperty("method").GetString());
        Assert.Equal((1, 2, 1, 64 << 20), (Int("rank"), Int("samples"), Int("seed"), Int("memory")));
        Assert.Equal(JsonValueKind.Null, settings.GetProperty("target_speedup").ValueKind);
        Assert.Equal("stage4.*", settings.GetProperty("layers")[0].GetString());

        int Int(string name) => settings.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("--output")]
    [InlineData("--output", "--calibration", "images")]
    [InlineData("--rank: expected only together with --output", "--calibration", "images", "--statistics", "s.safetensors", "--rank", "2")]
    [InlineData("--samples, --seed: expected only together with --calibration", "-o", "a.safetensors", "--samples", "5", "--seed", "2")]
    [InlineData("--memory: expected only together with --calibration", "-o", "a.safetensors", "--statistics", "s.safetensors", "--memory",
        "2G")]
    [InlineData(".safetensors", "-o", "small.pth")]
    [InlineData("--method: expected decoupling,", "-o", "a.safetensors", "--method", "magic")]
    [InlineData("--rank: expected a whole number", "-o", "a.safetensors", "--rank", "0")]
    [InlineData("--samples: expected a whole number", "-o", "a.safetensors", "--calibration", "images", "--samples", "0")]
    [InlineData("--seed: expected a whole number", "-o", "a.safetensors", "--calibration", "images", "--seed", "-1")]
    [InlineData("--memory: expected a number of bytes", "-o", "a.safetensors", "--calibration", "images", "--memory", "2XB")]
    [InlineData("--memory: expected a number of bytes", "-o", "a.safetensors", "--calibration", "images", "--memory", "99999999TiB")]
    [InlineData("--target-speedup: expected a number of at least 1", "-o", "a.safetensors", "--target-speedup", "0.5")]
    [InlineData("--max-error: expected a number of at least 0", "-o", "a.safetensors", "--max-error", "NaN")]
    [InlineData("together with --max-error", "-o", "a.safetensors", "--target-speedup", "2", "--max-error", "0.2")]
    [InlineData("--report: expected a file name ending in .html or .json", "-o", "a.safetensors", "--report", "report.pdf")]
    public async Task A_wrong_option_is_one_line(string fragment, params string[] options)
    {
        CliResult result = await CliRunner.RunAsync(["decompose", CliFiles.Model, .. options]);

        result.RequireError(ExitCode.Usage, fragment);
    }

    [Theory]
    [InlineData("needs calibration data", "--method", "gsvd")]
    [InlineData("'stage9.*' fits no regular convolution", "--layers", "stage9.*")]
    [InlineData("out of reach", "--target-speedup", "100")]
    [InlineData("no-such-folder", "--calibration", "no-such-folder")]
    [InlineData("no-such-folder", "--report", "no-such-folder/report.html")]
    [InlineData("no-such.safetensors", "--statistics", "no-such.safetensors")]
    public async Task What_cannot_be_done_is_one_line_and_leaves_no_file(string fragment, params string[] options)
    {
        CliResult result = await CliRunner.RunAsync(["decompose", CliFiles.Model, "-o", _files["small.safetensors"], .. options]);

        result.RequireError(ExitCode.Failure, fragment);
        Assert.Empty(_files.Names);
    }

    [Fact]
    public async Task A_file_of_another_kind_is_named_for_what_it_is_not()
    {
        string model = _files.WriteModel("model.safetensors");
        string[] common = ["decompose", CliFiles.Model, "-o", _files["small.safetensors"]];

        (await CliRunner.RunAsync([.. common, "--statistics", model])).RequireError(
            ExitCode.Failure, $"{model}: is no file of calibration statistics");
        (await CliRunner.RunAsync([.. common, "--calibration", model])).RequireError(
            ExitCode.Failure, $"{model}: is a file; a folder of images was expected");
    }

    [Fact]
    public async Task Unreadable_images_are_skipped_and_named()
    {
        string photographs = Photographs(), bad = Path.Combine(photographs, "bad.png"), output = _files["small.safetensors"];
        File.WriteAllText(bad, "no image");
        string[] common =
        [
            "decompose", CliFiles.Model, "-o", output, "--layers", "stage4.0.*",
            "--calibration", photographs, "--compare-data", photographs,
        ];

        JsonElement json = (await CliRunner.RunAsync([.. common, "--json"])).Json();

        Assert.Equal(2, json.GetProperty("images").GetInt32());
        Assert.Equal(bad, Assert.Single(json.GetProperty("skipped").EnumerateArray()).GetProperty("image").GetString());
        JsonElement comparison = json.GetProperty("comparison");
        Assert.Equal(bad, Assert.Single(comparison.GetProperty("skipped").EnumerateArray()).GetProperty("image").GetString());
        Assert.Equal(JsonValueKind.Null, comparison.GetProperty("top1_a").ValueKind);
        File.Delete(output);
        (await CliRunner.RunAsync([.. common, "--strict"])).RequireError(ExitCode.Failure, bad);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task Statistics_without_images_are_of_the_same_mean_and_deviation()
    {
        string statistics = _files["statistics.safetensors"];
        string[] common = ["decompose", CliFiles.Model, "--statistics", statistics, "--mean", "0.5,0.5,0.5"];
        CliResult gathered = await CliRunner.RunAsync([.. common, "--calibration", Photographs(), "--layers", "stage4.0.*"]);
        Assert.Contains("Images: 2, from 2 folders.", gathered.Output);
        string[] use = ["-o", _files["small.safetensors"], "--method", "gsvd", "--layers", "stage4.0.*"];

        (await CliRunner.RunAsync([.. common[..4], .. use])).RequireError(
            ExitCode.Failure, statistics, "another size, mean or standard deviation", "mean 0.4914");
        (await CliRunner.RunAsync([.. common, "--std", "0.5,0.5,0.5", .. use])).RequireError(ExitCode.Failure, statistics, "std 0.5");
        Assert.Equal(ExitCode.Success, (await CliRunner.RunAsync([.. common, .. use])).Code);
    }

    [Fact]
    public async Task The_tables_fit_80_columns()
    {
        CliResult result = await CliRunner.RunOnTerminalAsync(
            80, "decompose", CliFiles.Model, "-o", _files["small.safetensors"], "--calibration", Photographs(), "--layers", "stage4.*");

        result.RequireSuccess();
        // But for the command, which is to be copied.
        Assert.All(
            result.Output.Split('\n').Where(line => !line.StartsWith("Command: ", StringComparison.Ordinal)),
            line => Assert.InRange(line.TrimEnd('\r').Length, 0, 80));
        Assert.Contains("Too narrow for", result.Output);
    }

    /// <summary>A folder with one image of its own and one in a folder below.</summary>
    private string Photographs()
    {
        string folder = _files["photographs"];
        Directory.CreateDirectory(Path.Combine(folder, "more"));
        File.Copy(CliFiles.Cat, Path.Combine(folder, "cat.png"), overwrite: true);
        File.Copy(CliFiles.Rocket, Path.Combine(folder, "more", "rocket.JPG"), overwrite: true);
        return folder;
    }
}
