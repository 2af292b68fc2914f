using System.Text.Json;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>PyTorch modules that commands write, and weights that come back.</summary>
[Trait("Category", "Native")]
public sealed class PyTorchOutputTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_weight_file_goes_through_a_module_and_back_again()
    {
        string module = _files["net.py"], back = _files["back.safetensors"], input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        Assert.Equal(["in.bin", "net.py", "net.safetensors"], _files.Names);
        string text = await File.ReadAllTextAsync(module, TestContext.Current.CancellationToken);
        Assert.Contains("self.conv1_1 = nn.BatchNorm2d(24)", text, StringComparison.Ordinal);
        Assert.Contains("32 x 32 pixels, red, green, blue", text, StringComparison.Ordinal);

        (await CliRunner.RunAsync("convert", module, "-o", back)).RequireSuccess();
        Checkpoint original = CheckpointFile.Load(CliFiles.Model), again = CheckpointFile.Load(back);
        Assert.Equal(original.Metadata.Mean, again.Metadata.Mean);
        Assert.Equal(original.Metadata.Labels, again.Metadata.Labels);
        Assert.Equal(original.Metadata.Architecture, again.Metadata.Architecture);
        foreach ((string name, Tensor tensor) in again.Tensors)
        {
            Assert.True(tensor.Bytes.SequenceEqual(original.Tensors[name].ToFloat32().Bytes), name);
        }

        foreach (string model in (string[])[CliFiles.Model, module])
        {
            (await CliRunner.RunAsync("forward", model, "--input", input, "--output", _files["out.bin"])).RequireSuccess();
            File.Copy(_files["out.bin"], Path.ChangeExtension(_files[Path.GetFileName(model)], ".out"), overwrite: true);
        }

        Assert.Equal(CliFiles.ReadFloats(_files["cifar10_expanded_x0_5.out"]), CliFiles.ReadFloats(_files["net.out"]));
        JsonElement run = (await CliRunner.RunAsync("run", module, CliFiles.Cat, "--json")).Json();
        Assert.Contains("cat", run.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trained_weights_come_back_through_the_module_and_through_what_it_was_written_from()
    {
        string onnx = _files["net.onnx"], module = _files["net.py"], tuned = _files["tuned.safetensors"];
        string input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("convert", CliFiles.Model, onnx)).RequireSuccess();
        (await CliRunner.RunAsync("convert", onnx, module)).RequireSuccess();
        Change(_files["net.safetensors"], tuned, (name, tensor) => name.EndsWith(".weight", StringComparison.Ordinal)
            ? Tensor.FromFloats(tensor.Shape, [.. tensor.Floats.ToArray().Select(value => value * 1.25f)])
            : tensor);
        float[]? first = null;
        foreach (string source in (string[])[module, onnx])
        {
            (await CliRunner.RunAsync("convert", source, "--weights", tuned, "-o", _files["tuned.onnx"])).RequireSuccess();
            (await CliRunner.RunAsync("forward", _files["tuned.onnx"], "--input", input, "--output", _files["out.bin"])).RequireSuccess();
            first ??= CliFiles.ReadFloats(_files["out.bin"]);
            Assert.Equal(first, CliFiles.ReadFloats(_files["out.bin"]));
        }

        (await CliRunner.RunAsync("forward", onnx, "--input", input, "--output", _files["out.bin"])).RequireSuccess();
        Assert.NotEqual(first, CliFiles.ReadFloats(_files["out.bin"]));
    }

    [Fact]
    public async Task Parameters_that_layers_share_are_counted()
    {
        var random = new Random(1);
        Tensor bias = TestTensors.Random(random, new Shape(4)), weights = TestTensors.Random(random, new Shape(4, 4, 1, 1));
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 4, 5, 5));
        ValueHandle first = x.Convolution(TestTensors.Random(random, new Shape(4, 4, 1, 1)), bias, Window.Square(1));
        OnnxExport.Save(_files["shared.onnx"], x.Builder.Build(first.Convolution(weights, bias, Window.Square(1))));
        OnnxExport.Save(_files["apart.onnx"], x.Builder.Build(first));

        CliResult shared = await CliRunner.RunAsync("convert", _files["shared.onnx"], "-o", _files["shared.py"]);
        Assert.Contains("several layers share 1 parameter, as in the network that was read", shared.Error);
        CliResult apart = await CliRunner.RunAsync("convert", _files["apart.onnx"], "-o", _files["apart.py"]);
        Assert.DoesNotContain("share", apart.Error);
    }

    [Fact]
    public async Task A_decomposed_network_is_written_as_a_module()
    {
        string module = _files["small.py"], input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", module, "--force", "--rank", "2")).RequireSuccess();
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", _files["small.onnx"], "--force", "--rank", "2")).RequireSuccess();
        (await CliRunner.RunAsync("forward", module, "--input", input, "--output", _files["a.bin"])).RequireSuccess();
        (await CliRunner.RunAsync("forward", _files["small.onnx"], "--input", input, "--output", _files["b.bin"])).RequireSuccess();
        Assert.All(
            CliFiles.ReadFloats(_files["a.bin"]).Zip(CliFiles.ReadFloats(_files["b.bin"])),
            pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public async Task Weights_that_do_not_fit_are_named_and_nothing_is_written()
    {
        string module = _files["net.py"], tuned = _files["tuned.safetensors"];
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        (Func<string, Tensor, Tensor?> Change, string Told)[] faults =
        [
            ((name, tensor) => name == "fc.bias" ? null : tensor, "fc.bias is missing"),
            ((name, tensor) => name == "fc.bias" ? Tensor.FromFloats(new Shape(3), [1, 2, 3]) : tensor, "fc.bias has the wrong shape"),
            ((name, tensor) => name == "fc.bias" ? Filled(tensor, float.NaN) : tensor, "fc.bias is not finite"),
            ((name, tensor) => name == "conv1_1.running_var" ? Filled(tensor, -1) : tensor, "conv1_1.running_var is a negative variance"),
        ];
        foreach ((Func<string, Tensor, Tensor?> change, string told) in faults)
        {
            Change(_files["net.safetensors"], tuned, change);
            await RequireError(told, "convert", module, "--weights", tuned, "-o", _files["out.onnx"]);
        }

        Change(_files["net.safetensors"], tuned, (_, tensor) => tensor, "head.weight");
        await RequireError("head.weight is surplus", "convert", module, "--weights", tuned, "-o", _files["out.onnx"]);
        File.Delete(tuned);
        await RequireError("tuned.safetensors: does not exist", "convert", module, "--weights", tuned, "-o", _files["out.onnx"]);
        Assert.False(File.Exists(_files["out.onnx"]));
    }

    [Fact]
    public async Task A_module_that_was_changed_or_written_by_others_is_refused()
    {
        string module = _files["net.py"], text;
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        text = await File.ReadAllTextAsync(module, TestContext.Current.CancellationToken);
        (string Text, string Told)[] faults =
        [
            (text.Replace("nn.ReLU()", "nn.ReLU6()", StringComparison.Ordinal), "was changed after dw wrote it"),
            (text + "print(1)\n", "was changed after dw wrote it"),
            (text.Replace("# dw: graph ", "# dw: graph A", StringComparison.Ordinal), "was changed after dw wrote it"),
            (text[..(text.Length / 2)], "is no module that dw wrote"),
            ("import torch\n", "is no module that dw wrote"),
            ("", "is no module that dw wrote"),
        ];
        foreach ((string changed, string told) in faults)
        {
            await File.WriteAllTextAsync(module, changed, TestContext.Current.CancellationToken);
            await RequireError(told, "convert", module, "-o", _files["out.onnx"]);
        }

        await File.WriteAllTextAsync(module, text.ReplaceLineEndings("\r\n"), TestContext.Current.CancellationToken);
        (await CliRunner.RunAsync("convert", module, "-o", _files["out.onnx"])).RequireSuccess();
    }

    [Fact]
    public async Task Weights_of_another_module_are_refused_though_their_names_and_shapes_fit()
    {
        string module = _files["net.py"], other = _files["other.py"], onnx = _files["net.onnx"];
        Change(CliFiles.Model, _files["changed.safetensors"], (name, tensor) => name == "fc.bias" ? Filled(tensor.ToFloat32(), 1) : tensor);
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        (await CliRunner.RunAsync("convert", _files["changed.safetensors"], "--stem", "cifar", "-o", other)).RequireSuccess();
        Assert.Equal(64, CheckpointFile.Load(_files["net.safetensors"]).Module?.Length);

        await RequireError(
            "other.safetensors: these are the weights of another module",
            "convert", module, "--weights", _files["other.safetensors"], "-o", _files["out.onnx"]);
        CliResult told = await CliRunner.RunAsync(
            "convert", CliFiles.Model, "--weights", _files["other.safetensors"], "-o", _files["out.onnx"]);
        Assert.Equal(0, told.Code);
        Assert.Contains(
            "other.safetensors: they were saved by a module that is not the one of", told.Error, StringComparison.Ordinal);

        // As an end between the two files leaves them.
        File.Copy(_files["other.safetensors"], _files["net.safetensors"], overwrite: true);
        await RequireError("net.safetensors: these are the weights of another module", "convert", module, "-o", onnx);
        Assert.False(File.Exists(onnx));
    }

    [Fact]
    public async Task Options_that_a_module_has_no_use_for_are_refused_in_its_own_words()
    {
        string module = _files["net.py"], foreign = _files["foreign.py"];
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        (await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", foreign, "--force", "--rank", "2")).RequireSuccess();
        foreach (string path in (string[])[module, foreign])
        {
            string[] weights = ["--weights", Path.ChangeExtension(path, ".safetensors")];
            await RequireError("--root: a PyTorch module is one network", "convert", path, "--root", "x", "-o", _files["out.onnx"]);
            await RequireError(
                "--stem: a PyTorch module tells its layers itself", "convert", path, "--stem", "imagenet", "-o", _files["out.onnx"]);
            await RequireError("a PyTorch module tells", ["convert", path, .. weights, "--stem", "cifar", "-o", _files["out.onnx"]]);
            // Which of several networks is asked of the weights.
            await RequireError("safetensors: ", ["convert", path, .. weights, "--root", "ema", "-o", _files["out.onnx"]]);
            (await CliRunner.RunAsync(["convert", path, .. weights, "--root", ".", "-o", _files["out.onnx"]])).RequireSuccess();
        }

        (await CliRunner.RunAsync("convert", _files["out.onnx"], "-o", _files["again.py"])).RequireSuccess();
        string[] back = ["convert", _files["out.onnx"], "--weights", _files["again.safetensors"], "-o", _files["back.onnx"]];
        (await CliRunner.RunAsync([.. back, "--root", "."])).RequireSuccess();
        await RequireError("--root: an ONNX file holds one network", "convert", _files["out.onnx"], "--root", ".", "-o", _files["x.py"]);
        await RequireError("--stem: an ONNX file", [.. back, "--stem", "cifar"]);
    }

    [Fact]
    public async Task Files_that_are_read_are_not_written()
    {
        string module = _files["net.py"], beside = _files["net.safetensors"];
        File.Copy(CliFiles.Model, beside);
        await RequireError("different files were expected", "convert", beside, "-o", module);
        await RequireError("different files were expected", "decompose", beside, "-o", module, "--force");
        Assert.Equal(["net.safetensors"], _files.Names);
        (await CliRunner.RunAsync("convert", CliFiles.Model, "-o", module)).RequireSuccess();
        await RequireError("different files were expected", "convert", CliFiles.Model, "--weights", beside, "-o", module);
        await RequireError("different files were expected", "convert", module, "-o", beside);
        Directory.CreateDirectory(_files["other.safetensors"]);
        await RequireError("is a directory", "convert", CliFiles.Model, "-o", _files["other.py"]);
        Assert.False(File.Exists(_files["other.py"]));
    }

    private static Tensor Filled(Tensor tensor, float value)
    {
        float[] values = tensor.Floats.ToArray();
        values[^1] = value;
        return Tensor.FromFloats(tensor.Shape, values);
    }

    private static void Change(string from, string to, Func<string, Tensor, Tensor?> change, string? more = null)
    {
        var tensors = new StateDict();
        foreach ((string name, Tensor tensor) in CheckpointFile.Load(from).Tensors)
        {
            if (change(name, tensor) is { } changed)
            {
                tensors.Add(name, changed);
            }
        }

        if (more is not null)
        {
            tensors.Add(more, Tensor.FromFloats(new Shape(2), [1, 2]));
        }

        CheckpointFile.Save(to, new Checkpoint(tensors, new ModelMetadata()));
    }

    private static async Task RequireError(string told, params string[] arguments)
    {
        CliResult result = await CliRunner.RunAsync(arguments);
        Assert.NotEqual(0, result.Code);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.InRange(result.Error.Trim().Split('\n').Length, 1, 5);
    }
}
