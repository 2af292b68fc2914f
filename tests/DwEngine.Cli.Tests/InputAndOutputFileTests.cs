using System.Runtime.Versioning;
using DwEngine.Cli.Output;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>What a command reads is a file, and not the one that it writes.</summary>
[Trait("Category", "Native")]
public sealed class InputAndOutputFileTests : IDisposable
{
    private readonly CliFiles _files = new();

    public static TheoryData<string> Inputs =>
    [
        "info BAD", "info MODEL --labels BAD", "run BAD IMAGE", "run MODEL BAD", "run MODEL IMAGE --labels BAD", "bench BAD",
        "bench MODEL --labels BAD",
        "forward BAD --input IN --output OUT", "forward MODEL --input BAD --output OUT",
        "forward MODEL --input IN --output OUT --labels BAD",
        "eval BAD FOLDER", "eval MODEL FOLDER --labels BAD", "preprocess BAD --output OUT", "preprocess IMAGE --model BAD --output OUT",
        "preprocess IMAGE --labels BAD --output OUT", "convert BAD OUT", "convert MODEL OUT --labels BAD",
        "compare BAD MODEL --data FOLDER",
        "compare MODEL BAD --data FOLDER", "compare MODEL MODEL --data FOLDER --labels BAD", "decompose BAD -o OUT",
        "decompose MODEL -o OUT --labels BAD",
        "decompose MODEL -o OUT --statistics PIPE.safetensors", "decompose MODEL -o OUT --statistics PIPE.safetensors --calibration FOLDER",
    ];

    public static TheoryData<string> Overwriting =>
    [
        "forward MODEL --input FILE --output SAME", "preprocess FILE --output SAME", "preprocess IMAGE --model FILE --output SAME",
        "preprocess IMAGE --labels FILE --output SAME", "forward FILE --input IN --output SAME",
        "forward MODEL --input IN --labels FILE --output SAME",
        "convert FILE SAME", "convert MODEL SAME --labels FILE", "decompose FILE -o SAME", "decompose MODEL -o SAME --labels FILE",
        "decompose MODEL -o SAME --statistics FILE", "decompose MODEL -o OUT --report SAME --labels FILE",
        "decompose MODEL -o SAME --calibration FOLDER --statistics FILE",
    ];

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task A_pipe_or_a_device_is_refused_at_once(string command)
    {
        (int made, _, string error) = await Shell.RunAsync(_files[""], "mkfifo pipe pipe.safetensors && ln -s pipe link-to-pipe");
        Assert.Equal((0, ""), (made, error));
        (string Path, string Problem)[] bad = command.Contains("PIPE.")
            ? [(_files["pipe.safetensors"], "is a pipe")]
            : [(_files["pipe"], "is a pipe"), (_files["link-to-pipe"], "is a pipe"), ("/dev/zero", "is a device"),
                ("-", "does not stand for standard input")];
        foreach ((string path, string problem) in bad)
        {
            CliResult result = await RunAsync(command.Replace("PIPE.safetensors", path, StringComparison.Ordinal), ("BAD", path)).WaitAsync(
                TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

            result.RequireError(ExitCode.Failure, $"{path}: ", problem);
        }

        Assert.False(File.Exists(_files["out.safetensors"]));
    }

    [Fact]
    public async Task A_pipe_among_the_images_of_a_folder_does_not_hang()
    {
        string folder = _files.WriteImageFolder("images");
        await Shell.RunAsync(folder, "mkfifo airplane/pipe.png airplane/pipe");

        CliResult result = await CliRunner.RunAsync("eval", CliFiles.Model, folder, "--strict")
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Contains("pipe.png: is a pipe", result.Error);
    }

    [Theory]
    [InlineData("$dw forward $model --input /dev/stdin --output o.bin < in.bin", 0, "")]
    [InlineData("cat in.bin | $dw forward $model --input /dev/stdin --output o.bin", 1, "dw: /dev/stdin: is a pipe; expected a file")]
    [InlineData("$dw forward $model --input <(cat in.bin) --output o.bin", 1, "is a pipe; expected a file")]
    [InlineData("$dw info /dev/stdin < $model", 0, "")]
    [InlineData("cat $model | $dw info /dev/stdin", 1, "dw: /dev/stdin: is a pipe; expected a file")]
    [InlineData("cat $model | $dw info -", 1, "dw: -: does not exist, and does not stand for standard input")]
    [InlineData("cp $model ./-; $dw info -", 0, "")]
    [InlineData("$dw forward $model --input in.bin --output -", 1,
        "dw: -: does not stand for standard output; expected the name of a file, or /dev/stdout")]
    public async Task Standard_input_works_as_a_file_or_says_that_it_cannot(string script, int code, string error)
    {
        _files.WriteInput("in.bin");

        (int Code, string Output, string Error) result = await Shell.RunAsync(_files[""], $"model={CliFiles.Model}\n{script}");

        Assert.Equal(code, result.Code);
        Assert.Contains(error, result.Error);
        Assert.True(code == 1 || new CliResult(code, "", result.Error).OtherLines.Count == 0, result.Error);
    }

    [Theory]
    [InlineData("100000001 bytes; at most 100000000 were expected", 100_000_001, 0)]
    [InlineData("line 1000001: is one too many; at most 1000000 class names were expected", 0, 1_000_001)]
    public async Task Labels_are_bounded(string problem, long bytes, int lines)
    {
        using (var file = new StreamWriter(_files["labels.txt"]))
        {
            for (int i = 0; i < lines; i++)
            {
                file.Write("a\n");
            }

            file.Flush();
            file.BaseStream.SetLength(bytes + file.BaseStream.Length);
        }

        long before = GC.GetTotalAllocatedBytes();
        CliResult result = await CliRunner.RunAsync("info", CliFiles.Model, "--labels", _files["labels.txt"]);

        result.RequireError(ExitCode.Failure, $"{_files["labels.txt"]}: ", problem);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 400L << 20);
    }

    [Theory]
    [MemberData(nameof(Overwriting))]
    public async Task No_command_overwrites_its_own_input(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs hard links.");
        string folder = _files.WriteImageFolder("images");
        string extension = command.Contains("--report SAME") ? ".html" : ".safetensors";
        string name = $"file{extension}", file = _files[name];
        File.Copy(CliFiles.Model, file);
        File.CreateSymbolicLink(_files[$"soft{extension}"], name);
        Directory.CreateSymbolicLink(_files["folder"], Path.GetDirectoryName(file)!);
        Assert.Equal(0, (await Shell.RunAsync(_files[""], $"ln {name} hard{extension}")).Code);
        byte[] before = File.ReadAllBytes(file);
        _files.WriteInput("in.bin");
        string?[] names = [.. _files.Names];
        foreach (string same in (string[])[file, _files[$"soft{extension}"], _files[$"hard{extension}"],
            _files[$"folder/./images/../{name}"]])
        {
            CliResult result = await RunAsync(command, ("FILE", file), ("SAME", same), ("FOLDER", folder));

            result.RequireError(ExitCode.Failure, "different files were expected");
        }

        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal(names, _files.Names);
    }

    [Fact]
    public async Task No_output_is_an_image_that_is_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs links.");
        string folder = _files.WriteImageFolder("images"), image = Path.Combine(folder, "bird", "cat.png");
        File.CreateSymbolicLink(_files["out.safetensors"], image);
        foreach (string option in (string[])["--calibration", "--compare-data"])
        {
            CliResult result = await CliRunner.RunAsync("decompose", CliFiles.Model, "-o", _files["out.safetensors"], option, folder);

            result.RequireError(ExitCode.Failure, image, "different files were expected");
        }

        Assert.Equal(File.ReadAllBytes(CliFiles.Cat), File.ReadAllBytes(image));
    }

    [Theory]
    [InlineData("$dw forward $model --input in.bin --output o.bin > o.bin", "o.bin: is --output, and standard output goes there, too")]
    [InlineData("$dw convert $model o.safetensors 2> o.safetensors; cat o.safetensors >&2", "standard error goes there, too")]
    [InlineData("$dw forward $model --input in.bin --output /dev/stdout >> in.bin", "is given as --input (in.bin) and as --output")]
    public async Task An_output_is_not_where_a_standard_stream_goes(string script, string error)
    {
        byte[] before = File.ReadAllBytes(_files.WriteInput("in.bin"));

        (_, _, string found) = await Shell.RunAsync(_files[""], $"model={CliFiles.Model}\n{script}");

        Assert.Contains(error, found);
        Assert.Equal(before, File.ReadAllBytes(_files["in.bin"]));
    }

    [Theory]
    [InlineData("forward MODEL --input IN --output KEPT")]
    [InlineData("preprocess IMAGE --output KEPT")]
    [InlineData("convert MODEL KEPT")]
    [InlineData("decompose MODEL -o KEPT --layers stage2.0.branch1.0")]
    [InlineData("decompose MODEL -o KEPT --layers stage2.0.branch1.0 --report REPORT")]
    [UnsupportedOSPlatform("windows")]
    public async Task What_is_replaced_keeps_its_mode_and_what_is_read_only_stays(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes of Unix.");
        string[] kept = [_files["kept.safetensors"], .. command.Contains("REPORT") ? (string[])[_files["kept.html"]] : []];
        foreach (UnixFileMode mode in (UnixFileMode[])[UnixFileMode.UserRead | UnixFileMode.UserWrite, (UnixFileMode)0b110_110_110])
        {
            foreach (string file in kept)
            {
                File.WriteAllText(file, "before");
                File.SetUnixFileMode(file, mode);
            }

            (await RunAsync(command, ("KEPT", kept[0]), ("REPORT", kept[^1]))).RequireSuccess();

            Assert.All(kept, file => Assert.Equal(mode, File.GetUnixFileMode(file)));
            Assert.All(kept, file => Assert.NotEqual("before", File.ReadAllText(file)));
        }

        File.WriteAllText(kept[^1], "before");
        File.SetUnixFileMode(kept[^1], UnixFileMode.UserRead);
        (await RunAsync(command, ("KEPT", kept[0]), ("REPORT", kept[^1]))).RequireError(ExitCode.Failure, kept[^1], "is read-only");
        Assert.Equal("before", File.ReadAllText(kept[^1]));
    }

    private Task<CliResult> RunAsync(string command, params (string Word, string Value)[] words)
    {
        string input = File.Exists(_files["in.bin"]) ? _files["in.bin"] : _files.WriteInput("in.bin");
        string folder = command.Contains("FOLDER")
            && !Directory.Exists(_files["images"]) ? _files.WriteImageFolder("images") : _files["images"];
        (string Word, string Value)[] all =
            [.. words, ("MODEL", CliFiles.Model), ("IMAGE", CliFiles.Cat), ("IN", input), ("OUT", _files["out.safetensors"]),
                ("FOLDER", folder)];
        return CliRunner.RunAsync([.. command.Split(' ').Select(word => all.FirstOrDefault(known => known.Word == word).Value ?? word)]);
    }
}
