using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>Weight files that hold several networks, and weights that do not fit, on the command line.</summary>
public sealed class CheckpointRootTests : IDisposable
{
    private readonly CliFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Which_network_was_taken_is_told_and_another_can_be_chosen()
    {
        string both = WriteBoth();
        string input = _files.WriteInput("in");
        JsonElement taken = (await CliRunner.RunAsync("forward", both, "--input", input, "--output", _files["model"], "--json")).Json();
        string warning = Assert.Single(taken.GetProperty("warnings").EnumerateArray()).GetString()!;
        Assert.Equal(
            $"{both}: the tensors under 'model' are taken; another network is under 'model_ema' (--root model_ema takes it).", warning);
        CliResult text = await CliRunner.RunAsync("info", both);
        Assert.Equal(ExitCode.Success, text.Code);
        Assert.Equal([$"dw: warning: {warning}"], text.OtherLines);

        (await CliRunner.RunAsync(
            "forward", both, "--input", _files["in"], "--output", _files["ema"], "--root", "model_ema")).RequireSuccess();
        Assert.All(CliFiles.ReadFloats(_files["ema"]).Zip(CliFiles.ReadFloats(_files["model"])),
            pair => Assert.Equal(pair.Second + 1, pair.First, 0.001f));

        // What is converted holds one network only.
        (await CliRunner.RunAsync("convert", both, _files["one.safetensors"], "--root", "model_ema")).RequireSuccess();
        (await CliRunner.RunAsync(
            "forward", _files["one.safetensors"], "--input", _files["in"], "--output", _files["one"])).RequireSuccess();
        Assert.Equal(CliFiles.ReadFloats(_files["ema"]), CliFiles.ReadFloats(_files["one"]));
    }

    [Fact]
    public async Task A_root_that_is_not_there_is_refused_with_those_that_are() =>
        (await CliRunner.RunAsync("info", WriteBoth(), "--root", "teacher")).RequireError(
            ExitCode.Failure, "'teacher'", "'model'", "'model_ema'");

    [Fact]
    public async Task Weights_that_do_not_fit_take_a_few_lines_and_all_with_verbose()
    {
        Checkpoint checkpoint = CheckpointFile.Load(CliFiles.Model);
        var part = new StateDict();
        foreach ((string name, Tensor tensor) in checkpoint.Tensors)
        {
            if (!name.StartsWith("stage3.", StringComparison.Ordinal))
            {
                part.Add(name, tensor);
            }
        }

        string file = _files["part.safetensors"];
        CheckpointFile.Save(file, new Checkpoint(part, checkpoint.Metadata));
        CliResult few = await CliRunner.RunAsync("info", file), all = await CliRunner.RunAsync("info", file, "--verbose");
        Assert.Equal((ExitCode.Failure, ExitCode.Failure, "", ""), (few.Code, all.Code, few.Output, all.Output));
        Assert.StartsWith($"dw: {file}: ", few.OtherLines[0]);
        Assert.Contains(" tensors do not fit ", few.OtherLines[0]);
        Assert.InRange(few.OtherLines.Count, 2, 6);
        Assert.All(few.OtherLines, line => Assert.InRange(line.Length, 1, 1000));
        int problems = all.OtherLines.Count(line => line.EndsWith(')'));
        Assert.Contains($"--verbose lists all {problems}.", few.OtherLines[^1]);
        Assert.Contains($": {problems} tensors do not fit", few.OtherLines[0]);
        Assert.All(all.OtherLines.Skip(1), line => Assert.StartsWith("    ", line));
    }

    // The demo's network, and as its average the same with another bias of the classifier.
    private string WriteBoth()
    {
        Checkpoint checkpoint = CheckpointFile.Load(CliFiles.Model);
        var both = new StateDict();
        foreach ((string name, Tensor tensor) in checkpoint.Tensors)
        {
            both.Add($"model.{name}", tensor);
            both.Add($"model_ema.module.{name}", name == "fc.bias"
                ? Tensor.FromFloats(tensor.Shape, [.. tensor.ToFloat32().Floats.ToArray().Select(value => value + 1)])
                : tensor);
        }

        CheckpointFile.Save(_files["both.safetensors"], new Checkpoint(both, checkpoint.Metadata));
        return _files["both.safetensors"];
    }
}
