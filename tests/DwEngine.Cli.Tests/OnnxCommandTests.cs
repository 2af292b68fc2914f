using System.Runtime.InteropServices;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Onnx.Tests;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>ONNX networks where a command takes a network.</summary>
[Trait("Category", "Native")]
public sealed class OnnxCommandTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_classifier_is_run_measured_compared_and_shown()
    {
        string file = Write(Classifier("y"));

        JsonElement run = (await CliRunner.RunAsync("run", file, CliFiles.Cat, "--json")).Json();
        Assert.Equal(4, run.GetProperty("images")[0].GetProperty("predictions").GetArrayLength());
        Assert.Equal("file", run.GetProperty("input").GetProperty("origin").GetProperty("size").GetString());
        JsonElement bench = (await CliRunner.RunAsync("bench", file, "--iterations", "2", "--batch", "3", "--json")).Json();
        Assert.Equal(
            (32, 3, 0), (bench.GetProperty("size").GetInt32(), bench.GetProperty("batch").GetInt32(),
                bench.GetProperty("allocated_bytes_per_run").GetInt32()));
        JsonElement compare = (await CliRunner.RunAsync(
            "compare", file, file, "--data", _files.WriteImageFolder("data", 4), "--json")).Json();
        Assert.Equal(0, compare.GetProperty("max_logit_difference").GetDouble());
        JsonElement info = (await CliRunner.RunAsync("info", file, "--json")).Json();
        Assert.Equal(4, info.GetProperty("classes").GetInt32());
        JsonElement first = info.GetProperty("layers")[0];
        Assert.Equal(("x", "Conv_0"), (first.GetProperty("inputs")[0].GetString(), first.GetProperty("outputs")[0].GetString()));
    }

    [Fact]
    public async Task Networks_of_other_inputs_are_measured_and_shown_but_run_on_no_picture()
    {
        string file = Write(new OnnxModel().Input("a", 2, 5).Input("b", "N", 5).Node("Add", "a b", "y").Output("y"));

        JsonElement bench = (await CliRunner.RunAsync("bench", file, "--iterations", "2", "--json")).Json();
        Assert.Equal(["2x5", "1x5"], bench.GetProperty("input_shapes").EnumerateArray().Select(shape => shape.GetString()));
        Assert.Equal(0, bench.GetProperty("allocated_bytes_per_run").GetInt32());
        Assert.Equal("a 2x5 of float32, b 1x5 of float32", bench.GetProperty("input").GetProperty("tensors").GetString());
        JsonElement batch = (await CliRunner.RunAsync("bench", file, "--iterations", "2", "--batch", "2", "--profile", "--json")).Json();
        Assert.Equal(["2x5", "2x5"], batch.GetProperty("input_shapes").EnumerateArray().Select(shape => shape.GetString()));
        Assert.Equal("a 2x5 of float32, b 2x5 of float32", batch.GetProperty("input").GetProperty("tensors").GetString());
        JsonElement info = (await CliRunner.RunAsync("info", file, "--json")).Json();
        Assert.False(info.TryGetProperty("classes", out _));
        foreach (string[] command in (string[][])
            [
                ["run", file, CliFiles.Cat], ["eval", file, _files.WriteImageFolder("data", 4)],
                ["compare", file, file, "--data", _files["data"]],
                ["preprocess", CliFiles.Cat, "--output", _files["out.bin"], "--model", file],
            ])
        {
            (await CliRunner.RunAsync(command)).RequireError(ExitCode.Failure, file, "a 2x5 of float32, b 1x5 of float32", "dw forward");
        }
    }

    [Theory]
    [InlineData("c", "answers 'c' 1x4x32x32")]
    [InlineData("y p", "answers 'y' 1x4, 'p' 1x4x1x1")]
    public async Task A_network_whose_outputs_are_no_classes_is_told(string outputs, string found)
    {
        string file = Write(Classifier(outputs.Split(' ')));

        (await CliRunner.RunAsync("run", file, CliFiles.Cat)).RequireError(ExitCode.Failure, file, found, "dw detect");
        (await CliRunner.RunAsync("compare", CliFiles.Model, file, "--data", _files.WriteImageFolder("data"), "--size", "32"))
            .RequireError(ExitCode.Failure, file, found);
    }

    [Fact]
    public async Task Classes_may_keep_a_height_and_width_of_one()
    {
        JsonElement run = (await CliRunner.RunAsync("run", Write(Classifier("p")), CliFiles.Cat, "--json")).Json();
        Assert.Equal(4, run.GetProperty("images")[0].GetProperty("predictions").GetArrayLength());
    }

    [Theory]
    [InlineData("--stem", "cifar")]
    [InlineData("--root", "model_ema")]
    public async Task What_only_weight_files_leave_open_is_refused(string option, string value)
    {
        string file = Write(Classifier("y"));
        (await CliRunner.RunAsync("info", file, option, value)).RequireError(ExitCode.Failure, file, option, "ONNX");
    }

    [Theory]
    [InlineData("start", "no ONNX network, or is damaged")]
    [InlineData("end", "cut short, or is no ONNX file")]
    [InlineData("empty", "is empty")]
    [InlineData("text", "no ONNX file")]
    public async Task A_damaged_file_is_told_for_what_its_name_says(string damage, string problem)
    {
        byte[] bytes = Classifier("y").Bytes;
        bytes = damage switch
        {
            "start" => [(byte)'X', (byte)'X', .. bytes[2..]],
            "end" => bytes[..(bytes.Length / 2)],
            "empty" => [],
            _ => "not a network"u8.ToArray(),
        };
        File.WriteAllBytes(_files["net.onnx"], bytes);

        CliResult result = await CliRunner.RunAsync("info", _files["net.onnx"]);

        result.RequireError(ExitCode.Failure, _files["net.onnx"], problem);
        Assert.DoesNotContain("PyTorch", result.Error);
    }

    [Fact]
    public async Task A_page_folds_layers_whose_names_begin_alike_and_leads_to_what_each_reads()
    {
        OnnxModel model = Classifier("y");
        string[] names = ["/body/a/Conv", "/body/a/Relu", "/body/Pool<1>", "/Flatten"];
        for (int i = 0; i < names.Length; i++)
        {
            model.Graph.Node[i].Name = names[i];
        }

        (await CliRunner.RunAsync("info", Write(model), "--html", _files["net.html"])).RequireSuccess();

        string page = File.ReadAllText(_files["net.html"]);
        Assert.Equal(2, page.Split("<details>").Length - 1);
        Assert.Contains("<summary>body <span>3 layers", page);
        Assert.Contains("<summary>a <span>2 layers", page);
        Assert.Contains("/body/Pool&lt;1&gt;", page);
        Assert.Contains("<a href=\"#n0\">/body/a/Conv</a>", page);
    }

    [Fact]
    public async Task Operators_are_listed_by_opset()
    {
        JsonElement[] operators =
            [.. (await CliRunner.RunAsync("info", "--operators", "--json")).Json().GetProperty("operators").EnumerateArray()];
        JsonElement conv = operators.Single(item => item.GetProperty("name").GetString() == "Conv");
        Assert.Equal([1, 27], conv.GetProperty("opsets")[0].EnumerateArray().Select(opset => opset.GetInt32()));
        Assert.All(operators, item => Assert.True(item.GetProperty("opsets").GetArrayLength() > 0));
        (await CliRunner.RunAsync("info")).RequireError(ExitCode.Usage, "MODEL", "--operators");
        (await CliRunner.RunAsync("info", CliFiles.Model, "--operators")).RequireError(ExitCode.Usage, "not several");
    }

    [Fact]
    public async Task Any_network_is_decomposed_into_another_that_keeps_how_its_pictures_are_prepared()
    {
        string file = Write(TwoConvolutions()), small = _files["small.onnx"], folder = _files.WriteImageFolder("data", 2);

        JsonElement report = (await CliRunner.RunAsync(
            "decompose", file, "-o", small, "--calibration", folder, "--compare-data", folder, "--rank", "9", "--force", "--mean",
            "0.5,0.5,0.5",
            "--json")).Json();

        JsonElement layer = report.GetProperty("layers").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "Conv_2");
        Assert.Equal("decomposed", layer.GetProperty("decision").GetString());
        JsonElement info = (await CliRunner.RunAsync("info", small, "--json")).Json();
        Assert.Equal([0.5, 0.5, 0.5], info.GetProperty("mean").EnumerateArray().Select(value => value.GetDouble()));
        // Nobody told it, so the file does not say it either.
        Assert.False(info.TryGetProperty("std", out _));
        JsonElement compare =
            (await CliRunner.RunAsync("compare", file, small, "--data", folder, "--mean", "0.5,0.5,0.5", "--json")).Json();
        Assert.InRange(compare.GetProperty("logit_error").GetDouble(), 0, 1e-8);
    }

    [Fact]
    public async Task What_a_decomposition_cannot_do_is_told_before_its_work()
    {
        string file = Write(TwoConvolutions());
        (await CliRunner.RunAsync("decompose", file, "-o", _files["small.safetensors"]))
            .RequireError(ExitCode.Failure, _files["small.safetensors"], file, ".onnx");
        string other = Write(new OnnxModel().Input("a", 2, 5).Node("Relu", "a", "y").Output("y"));
        (await CliRunner.RunAsync("decompose", other, "-o", _files["small.onnx"], "--calibration", _files.WriteImageFolder("data", 2)))
            .RequireError(ExitCode.Failure, other, "a 2x5 of float32");
        Assert.DoesNotContain("small.onnx", _files.Names);
    }

    [Fact]
    public async Task A_network_from_a_weight_file_is_decomposed_into_an_onnx_file_with_its_stem()
    {
        JsonElement report = (await CliRunner.RunAsync(
            "decompose", CliFiles.Model, "-o", _files["small.onnx"], "--layers", "conv1.0", "--rank", "9", "--force", "--json")).Json();

        Assert.Equal(
            "decomposed",
            report.GetProperty("layers").EnumerateArray().First(item => item.GetProperty("name").GetString() == "conv1.0")
                .GetProperty("decision").GetString());
        JsonElement run = (await CliRunner.RunAsync("run", _files["small.onnx"], CliFiles.Cat, "--json")).Json();
        Assert.Equal("cat", run.GetProperty("images")[0].GetProperty("predictions")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task Inputs_and_outputs_go_by_name_and_place_as_numpy_files_and_raw()
    {
        string file =
            Write(new OnnxModel().Input("a", "N", 2).Input("b", 1, 2).Node("Add", "a b", "s").Node("Mul", "a b", "m").Output("s", "m"));
        WriteNpy("a.npy", "(3, 2)", [1, 2, 3, 4, 5, 6]);
        string b = _files.WriteFloats("b.bin", [10, 100]);

        (await CliRunner.RunAsync(
            "forward", file, "--input", $"a={_files["a.npy"]}", "--input", $"b={b}", "--output", _files["out.bin"])).RequireSuccess();
        Assert.Equal([11, 102, 13, 104, 15, 106], CliFiles.ReadFloats(_files["out.0.bin"]));
        Assert.Equal([10, 200, 30, 400, 50, 600], CliFiles.ReadFloats(_files["out.1.bin"]));

        (await CliRunner.RunAsync(
            "forward", file, "--input", $"b={b}", "--input", $"a={_files["a.npy"]}", "--output", _files["out.npy"])).RequireSuccess();
        byte[] written = File.ReadAllBytes(_files["out.1.npy"]);
        Assert.Contains("'shape': (3, 2,)", System.Text.Encoding.ASCII.GetString(written));
        Assert.Equal([10, 200, 30, 400, 50, 600], MemoryMarshal.Cast<byte, float>(written.AsSpan(written.Length - 24)).ToArray());

        (await CliRunner.RunAsync("forward", file, "--input", $"a={b}", "--output", _files["no.bin"])).RequireError(
            ExitCode.Failure, "'b'");
        (await CliRunner.RunAsync("forward", file, "--input", b, "--output", _files["no.bin"])).RequireError(
            ExitCode.Failure, "NAME=FILE", "a, b");
    }

    private void WriteNpy(string name, string shape, ReadOnlySpan<float> values)
    {
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}";
        header = header.PadRight(128 - 10 - 1) + "\n";
        File.WriteAllBytes(
            _files[name],
            [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header),
                .. MemoryMarshal.AsBytes(values)]);
    }

    [Fact]
    public async Task Bench_gives_shapes_to_several_inputs_whose_sizes_are_open()
    {
        string file = Write(new OnnxModel().Input("a", 1, 2, "h", "w").Input("b", 1, 2, "h", "w").Node("Add", "a b", "y").Output("y"));

        CliResult open = await CliRunner.RunAsync("bench", file);
        JsonElement json = (await CliRunner.RunAsync("bench", file, "--shape", "a=1x2x5x7", "--iterations", "1", "--json")).Json();

        open.RequireError(ExitCode.Failure, "'h' and 'w'", "input 'a'", "--shape");
        Assert.Equal(["1x2x5x7", "1x2x5x7"], json.GetProperty("input_shapes").EnumerateArray().Select(shape => shape.GetString()));
    }

    [Fact]
    public async Task Forward_writes_the_rows_that_a_run_leaves()
    {
        string file = Write(new OnnxModel(11).Input("boxes", 1, 2, 4).Input("scores", 1, 1, 2).Constant("most", 5)
            .Constant("overlap", new Shape(1), 0.5f).Constant("score", new Shape(1), 0.5f)
            .Node("NonMaxSuppression", "boxes scores most overlap score", "y").Output("y"));
        _files.WriteFloats("boxes.bin", [0, 0, 1, 1, 2, 2, 3, 3]);
        foreach ((float first, long[] expected) in ((float, long[])[])[(0.9f, [0, 0, 0]), (0.1f, [])])
        {
            _files.WriteFloats("scores.bin", [first, 0.2f]);
            JsonElement json = (await CliRunner.RunAsync(
                "forward", file, "--input", $"boxes={_files["boxes.bin"]}", "--input", $"scores={_files["scores.bin"]}", "--output",
                _files["y.bin"], "--json")).Json();
            Assert.Equal(expected, MemoryMarshal.Cast<byte, long>(File.ReadAllBytes(_files["y.bin"])).ToArray());
            Assert.Equal(expected.Length / 3, json.GetProperty("output_shape")[0].GetInt32());
        }
    }

    private static OnnxModel TwoConvolutions() => new OnnxModel()
        .Input("x", 1, 3, 32, 32)
        .Constant("w", new Shape(4, 3, 3, 3), [.. Enumerable.Range(0, 4 * 27).Select(i => ((i * 7 % 11) - 5) / 10f)])
        .Constant("v", new Shape(4, 4, 3, 3), [.. Enumerable.Range(0, 4 * 36).Select(i => ((i * 5 % 13) - 6) / 10f)])
        .Node("Conv", "x w", "c", OnnxModel.Ints("pads", 1, 1, 1, 1), OnnxModel.Ints("strides", 2, 2))
        .Node("Relu", "c", "r")
        .Node("Conv", "r v", "d", OnnxModel.Ints("pads", 1, 1, 1, 1))
        .Node("Add", "d r", "s")
        .Node("GlobalAveragePool", "s", "p")
        .Node("Flatten", "p", "y")
        .Output("y");

    // Values c: the convolution's, r: activated, p: pooled, y: a row of four.
    private static OnnxModel Classifier(params string[] outputs) => new OnnxModel()
        .Input("x", 1, 3, 32, 32)
        .Constant("w", new Shape(4, 3, 3, 3), [.. Enumerable.Range(0, 4 * 27).Select(i => ((i * 7 % 11) - 5) / 10f)])
        .Node("Conv", "x w", "c", OnnxModel.Ints("pads", 1, 1, 1, 1))
        .Node("Relu", "c", "r")
        .Node("GlobalAveragePool", "r", "p")
        .Node("Flatten", "p", "y")
        .Output(outputs);

    private string Write(OnnxModel model)
    {
        File.WriteAllBytes(_files["net.onnx"], model.Bytes);
        return _files["net.onnx"];
    }
}
