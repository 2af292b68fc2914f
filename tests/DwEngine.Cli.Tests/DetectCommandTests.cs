using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Tests.Detection;
using SkiaSharp;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class DetectCommandTests : IDisposable
{
    private static readonly ModelMetadata s_plain = new() { Labels = ["other", "blob"] };

    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_classifier_is_refused_with_all_that_a_detector_may_have()
    {
        CliResult result = await CliRunner.RunAsync("detect", CliFiles.Model, CliFiles.Cat);

        result.RequireError(
            ExitCode.Failure, CliFiles.Model, "fastestdet: ", "ultraface: ", "nanodet: ", "yolo: ", "--decoder", "--labels");
        Assert.Equal(2, result.Error.Split("3 to 5 dimensions").Length);
    }

    [Theory]
    [InlineData("--decoder", "ssd", "fastestdet, ultraface, nanodet, yolo")]
    [InlineData("--score", "1.5", "0 to 1")]
    [InlineData("--iou", "nan", "0 to 1")]
    [InlineData("--channels", "cmyk", "rgb, bgr")]
    [InlineData("--resize", "crop", "stretch, letterbox")]
    public async Task A_wrong_option_is_told(string option, string value, string expected) =>
        (await CliRunner.RunAsync("detect", CliFiles.Model, CliFiles.Cat, option, value))
            .RequireError(ExitCode.Usage, option, value, expected);

    [Fact]
    public async Task A_copy_never_replaces_its_picture_or_another_copy()
    {
        string folder = Directory.CreateDirectory(_files["pictures"]).FullName, picture = Path.Combine(folder, "cat.png");
        File.Copy(CliFiles.Cat, picture);
        byte[] before = File.ReadAllBytes(picture);
        string other = _files["cat.png"];
        File.Copy(CliFiles.Cat, other);

        (await CliRunner.RunAsync("detect", CliFiles.Model, picture, "--draw", folder))
            .RequireError(ExitCode.Failure, picture, "different files");
        (await CliRunner.RunAsync("detect", CliFiles.Model, picture, other, "--draw", _files["out"]))
            .RequireError(ExitCode.Failure, "cat.png", "different files");
        (await CliRunner.RunAsync("detect", CliFiles.Model, picture, "--draw", picture)).RequireError(ExitCode.Failure, picture, "folder");

        Assert.Equal(before, File.ReadAllBytes(picture));
        Assert.Empty(Directory.EnumerateFiles(_files["out"]));
    }

    [Fact]
    public void The_report_tells_what_is_where_and_what_could_not_be_read()
    {
        string picture = Save("blob.png", 3, 1), empty = Save("empty.png", -1, -1), missing = _files["missing.png"];

        IReport report = Detect(null, picture, empty, missing);

        JsonElement[] items = [.. Json(report).EnumerateArray()];
        Assert.Equal([picture, empty, missing], items.Select(item => item.GetProperty("image").GetString()));
        JsonElement found = Assert.Single(items[0].GetProperty("detections").EnumerateArray());
        Assert.Equal("blob", found.GetProperty("label").GetString());
        Assert.InRange(found.GetProperty("score").GetDouble(), 0.99, 1);
        float width = BlobDetector.Width, height = BlobDetector.Height;
        // The centre at twice the cell's corner, half as wide and high as the picture.
        Assert.Equal(
            [96 - (width / 2), 32 - (height / 2), 96 + (width / 2), 32 + (height / 2)],
            found.GetProperty("box").EnumerateArray().Select(edge => edge.GetSingle()));
        Assert.Empty(items[1].GetProperty("detections").EnumerateArray());
        Assert.False(items[2].TryGetProperty("detections", out _));
        Assert.Contains(missing, Assert.Single(report.Errors).Message);
    }

    [Fact]
    public void What_was_assumed_is_told()
    {
        string[] notes = [.. Detect(null, Save("blob.png", 3, 1)).Notes];

        Assert.Equal(2, notes.Length);
        Assert.StartsWith("input: 128 x 64, mean 0, 0, 0, std 1, 1, 1, channels rgb, stretch.", notes[0]);
        Assert.Contains("From options: channels.", notes[0]);
        Assert.EndsWith("Assumed, as usual for fastestdet: mean, std, resize.", notes[0]);
        Assert.Equal("classes: 2, by the decoder fastestdet (chosen by the outputs).", notes[1]);
    }

    [Fact]
    public async Task The_layers_of_a_detector_are_shown_with_its_own_preparation_of_pictures()
    {
        CliResult info = await CliRunner.RunAsync("info", SaveNetwork("net.onnx", BlobDetector.Model()), "--json");
        Assert.Contains(
            "128 x 64, mean 0, 0, 0, std 1, 1, 1, channels bgr, stretch.",
            info.Json().GetProperty("input").GetProperty("pictures").GetString());
    }

    [Fact]
    public void Boxes_are_drawn_into_copies()
    {
        string picture = Save("blob.png", 3, 1), copy = _files["copy.png"];
        byte[] before = File.ReadAllBytes(picture);

        IReport report = Detect([copy], picture);

        Assert.Empty(report.Errors);
        RgbImage drawn = ImageDecoder.Load(copy), original = ImageDecoder.Load(picture);
        Assert.Equal((original.Width, original.Height), (drawn.Width, drawn.Height));
        // The right edge of the box, and a place far from it.
        int edge = 3 * ((48 * drawn.Width) + 96 + (BlobDetector.Width / 2)), far = 3 * ((100 * drawn.Width) + 250);
        Assert.NotEqual(original.Pixels.Slice(edge, 3).ToArray(), drawn.Pixels.Slice(edge, 3).ToArray());
        Assert.Equal(original.Pixels.Slice(far, 3).ToArray(), drawn.Pixels.Slice(far, 3).ToArray());
        Assert.Equal(before, File.ReadAllBytes(picture));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Labels_of_another_number_are_told_by_their_file(int labels)
    {
        string network = SaveNetwork("net.onnx", TrainedByNobody(seed: 1)), file = _files["names.txt"];
        await File.WriteAllLinesAsync(
            file, Enumerable.Range(0, labels).Select(i => $"class {i}"), TestContext.Current.CancellationToken);

        (await CliRunner.RunAsync("detect", network, CliFiles.Cat, "--labels", file))
            .RequireError(ExitCode.Failure, file, "expected 2 class labels", $"found {labels} class labels", "fastestdet");
    }

    [Fact]
    public async Task Two_detectors_are_compared_by_what_they_find()
    {
        string folder = Directory.CreateDirectory(_files["pictures"]).FullName;
        Save(Path.Combine("pictures", "one.png"), 3, 1);
        Save(Path.Combine("pictures", "two.png"), 5, 2);
        string all = SaveNetwork("all.onnx", BlobDetector.Model(s_plain)), none = SaveNetwork("none.onnx", TrainedByNobody(seed: 1));

        JsonElement same = (await CliRunner.RunAsync("compare", all, all, "--data", folder, "--channels", "rgb", "--json")).Json();
        JsonElement lost = (await CliRunner.RunAsync(
            "compare", all, none, "--data", folder, "--channels", "rgb", "--score", "0.9", "--json")).Json();

        Assert.Equal((2, 2, 2, 1.0), Counts(same));
        Assert.Equal(1, same.GetProperty("mean_iou").GetDouble());
        Assert.Equal(0, same.GetProperty("max_score_difference").GetDouble());
        Assert.Equal((2, 0, 0, 0.0), Counts(lost));
        (await CliRunner.RunAsync("compare", CliFiles.Model, CliFiles.Model, "--data", folder, "--iou", "0.3"))
            .RequireError(ExitCode.Failure, "--iou", "for detectors only");
        (await CliRunner.RunAsync("compare", all, CliFiles.Model, "--data", folder)).RequireError(ExitCode.Failure, all, "the network ");

        static (int, int, int, double) Counts(JsonElement json) => (
            json.GetProperty("objects_a").GetInt32(), json.GetProperty("objects_b").GetInt32(), json.GetProperty("matched").GetInt32(),
            json.GetProperty("matched_share").GetDouble());
    }

    [SharedFact]
    public async Task Boxes_that_are_not_decoded_are_told_when_detectors_are_compared()
    {
        string network = Path.Combine(SharedFolder.Require("models/real"), "ultraface_rfb_320.onnx"), folder = _files["faces"];
        Directory.CreateDirectory(folder);
        File.Copy(SharedFolder.Require("models/real/faces_12.jpg"), Path.Combine(folder, "faces.jpg"));

        CliResult result = await CliRunner.RunAsync("compare", network, network, "--data", folder);

        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("A: ", result.Error);
        Assert.Contains("do not trust the places. Such boxes overlap none, not even themselves", result.Error);
    }

    [Theory]
    [InlineData(0, 1f)]
    [InlineData(1, -1f)]
    public void Boxes_that_end_before_they_begin_are_counted(int inverted, float edge)
    {
        DetectedObject[] objects = [new("a", 1, new BoundingBox(0, 0, 1, 1)), new("b", 1, new BoundingBox(0, 0, 2, edge))];

        string? warning = InvertedBoxes.WarningOf(objects);
        Assert.Equal(inverted > 0, warning?.StartsWith($"{inverted} of 2 boxes", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Options_that_tell_nothing_of_either_file_are_refused()
    {
        string network = SaveNetwork("net.onnx", BlobDetector.Model(s_plain));

        (await CliRunner.RunAsync("compare", network, network, "--data", Path.GetDirectoryName(network)!, "--stem", "cifar"))
            .RequireError(ExitCode.Failure, network, "--stem");
        (await CliRunner.RunAsync("compare", network, network, "--data", Path.GetDirectoryName(network)!, "--root", "model_ema"))
            .RequireError(ExitCode.Failure, network, "--root");
    }

    [Fact]
    public async Task A_decomposition_is_calibrated_as_the_detector_sees_pictures()
    {
        string folder = Directory.CreateDirectory(_files["pictures"]).FullName;
        Save(Path.Combine("pictures", "one.png"), 3, 1);
        Save(Path.Combine("pictures", "two.png"), 5, 2);
        string network = SaveNetwork("net.onnx", TrainedByNobody(seed: 2)), plain = _files["plain.onnx"], red = _files["red.onnx"];

        JsonElement usual = (await Decompose(plain)).Json();
        CliResult redFirst = await Decompose(red, "--channels", "rgb", "--resize", "letterbox");
        using var document = JsonDocument.Parse(redFirst.Output);
        JsonElement told = document.RootElement;
        Assert.Equal(ExitCode.Success, redFirst.Code);
        Assert.Contains($"{red} cannot keep --channels and --resize", redFirst.Error);

        Assert.Equal(1, usual.GetProperty("decomposed").GetInt32());
        Assert.Contains(
            "128 x 64, mean 0, 0, 0, std 1, 1, 1, channels bgr, stretch. From the network: size. "
            + "Assumed, as usual for fastestdet: mean, std, channels, resize.",
            usual.GetProperty("input").GetProperty("pictures").GetString());
        Assert.Contains("From options: channels, resize.", told.GetProperty("input").GetProperty("pictures").GetString());
        // What is calibrated on other inputs is another network.
        Assert.NotEqual(await File.ReadAllBytesAsync(plain, Token), await File.ReadAllBytesAsync(red, Token));
        JsonElement compared = (await CliRunner.RunAsync("compare", network, plain, "--data", folder, "--json")).Json();
        Assert.Equal(2, compared.GetProperty("images").GetInt32());
        (await CliRunner.RunAsync("decompose", network, "-o", plain, "--channels", "rgb"))
            .RequireError(ExitCode.Usage, "--channels", "--calibration");

        Task<CliResult> Decompose(string output, params string[] more) => CliRunner.RunAsync(
            ["decompose", network, "-o", output, "--calibration", folder, "--method", "gsvd", "--force", "--json", .. more]);
    }

    [SharedTheory]
    [InlineData("fastestdet.onnx", "0.65", "0.45", "coco_0.jpg", "coco_1.jpg", "coco_3.jpg")]
    [InlineData("ultraface_rfb_320.onnx", "0.7", "0.3", "faces_12.jpg", "faces_22.jpg")]
    public async Task Trained_detectors_find_what_their_authors_code_finds(
        string model, string score, string overlap, params string[] pictures)
    {
        string folder = SharedFolder.Require("models/real");
        CliResult result = await CliRunner.RunAsync(
        [
            "detect", Path.Combine(folder, model), .. pictures.Select(picture => Path.Combine(folder, picture)),
            "--score", score, "--iou", overlap, "--json",
        ]);

        Assert.Equal(ExitCode.Success, result.Code);
        using var found = JsonDocument.Parse(result.Output);
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "detections.json")));
        bool anyInverted = pictures
            .SelectMany(picture => expected.RootElement.GetProperty(picture).EnumerateArray())
            .Select(item => item.GetProperty("box").EnumerateArray().Select(edge => edge.GetSingle()).ToArray())
            .Any(box => box[2] < box[0] || box[3] < box[1]);
        Assert.Equal(anyInverted, result.Error.Contains("do not trust the places", StringComparison.Ordinal));
        foreach ((JsonElement item, string picture) in found.RootElement.EnumerateArray().Zip(pictures))
        {
            float width = ImageDecoder.Load(Path.Combine(folder, picture)).Width;
            List<JsonElement> left = [.. item.GetProperty("detections").EnumerateArray()];
            foreach (JsonElement box in expected.RootElement.GetProperty(picture).EnumerateArray())
            {
                int match = left.FindIndex(other => Agree(box, other, 0.03f * width));
                Assert.True(match >= 0, $"{picture}: {box} was not found.");
                left.RemoveAt(match);
            }

            Assert.Empty(left);
        }
    }

    [Theory]
    [InlineData("a/b.jpg", "b.jpg")]
    [InlineData("b.PNG", "b.PNG")]
    [InlineData("b", "b.png")]
    [InlineData("b.webp", "b.webp.png")]
    public void A_copy_has_the_name_of_its_picture_and_an_extension_that_is_true(string image, string copy) =>
        Assert.Equal(copy, BoxDrawing.NameOf(image));

    private static bool Agree(JsonElement a, JsonElement b, float pixels) =>
        a.GetProperty("label").GetString() == b.GetProperty("label").GetString()
        && Math.Abs(a.GetProperty("score").GetSingle() - b.GetProperty("score").GetSingle()) <= 0.03f
        && a.GetProperty("box").EnumerateArray().Zip(b.GetProperty("box").EnumerateArray())
            .All(edges => Math.Abs(edges.First.GetSingle() - edges.Second.GetSingle()) <= pixels);

    private static JsonElement Json(IReport report)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        JsonText.Write(output, report);
        using var document = JsonDocument.Parse(output.ToString());
        return document.RootElement.Clone();
    }

    private static DetectReport Detect(string[]? copies, params string[] images)
    {
        using var runner = new DetectorRunner(
            "blobs",
            BlobDetector.Model(s_plain),
            new DetectorSettings(new DetectorOptions(), new ModelMetadata(), new PictureSettings(Order: ChannelOrder.Rgb)));
        return DetectReport.Of(runner, images, copies, [], null, TestContext.Current.CancellationToken);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // A detector of FastestDet's form with 2 classes and random weights.
    private static NetworkModel TrainedByNobody(int seed)
    {
        var random = new Random(seed);
        ValueHandle x = new GraphBuilder().Input("picture", new Shape(1, 3, BlobDetector.Height, BlobDetector.Width));
        ValueHandle y = x.Convolution(Weights(8, 3, 3), null, Window.Square(3, padding: 1)).Relu();
        y = y.Convolution(Weights(8, 8, 3), null, Window.Square(3, padding: 1)).Relu();
        y = y.Convolution(Weights(7, 8, 1), null, Window.Square(1, stride: BlobDetector.Cell)).Sigmoid();
        return new NetworkModel(x.Builder.Build(y), new ModelMetadata());

        Tensor Weights(int outputs, int inputs, int side) => Tensor.FromFloats(
            new Shape(outputs, inputs, side, side),
            [.. Enumerable.Range(0, outputs * inputs * side * side).Select(_ => (random.NextSingle() - 0.5f) / side)]);
    }

    private string SaveNetwork(string name, NetworkModel model)
    {
        OnnxExport.Save(_files[name], model.Graph, model.Metadata);
        return _files[name];
    }

    private string Save(string name, int column, int row)
    {
        RgbImage image = BlobDetector.Picture(column, row);
        using var bitmap = new SKBitmap(image.Width, image.Height);
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            ReadOnlySpan<byte> pixel = image.Pixels.Slice(3 * i, 3);
            bitmap.SetPixel(i % image.Width, i / image.Width, new SKColor(pixel[0], pixel[1], pixel[2]));
        }

        using FileStream stream = File.Create(_files[name]);
        bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
        return _files[name];
    }
}
