using System.Globalization;
using DwEngine.Cli.Output;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>No command says success when what it wrote has not arrived.</summary>
[Trait("Category", "Native")]
public sealed class LostOutputTests : IDisposable
{
    private const int NoSpace = 28, BrokenPipe = 32;

    private readonly CliFiles _files = new();

    public static TheoryData<string> CommandLines =>
    [
        "info MODEL", "info MODEL --json", "run MODEL IMAGE", "run MODEL IMAGE --json", "forward MODEL --input IN --output OUT",
        "forward MODEL --input IN --output OUT --json", "eval MODEL FOLDER", "eval MODEL FOLDER --json", "bench MODEL --iterations 5",
        "bench MODEL --iterations 5 --profile --json", "preprocess IMAGE --output OUT", "preprocess IMAGE --output OUT --json",
        "convert MODEL OUT",
        "convert MODEL OUT --json", "compare MODEL MODEL --data FOLDER --limit 1", "compare MODEL MODEL --data FOLDER --limit 1 --json",
        "decompose MODEL -o OUT --layers stage2.0.branch1.0", "decompose MODEL -o OUT --layers stage2.0.branch1.0 --json",
        "--help", "--version", "run --help",
    ];

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task A_full_disk_is_told_and_fails(string command)
    {
        CliResult result = await RunAsync(command, new FullWriter(NoSpace), null);

        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal(["dw: standard output: full"], result.OtherLines);
    }

    [Theory]
    [InlineData("info MODEL")]
    [InlineData("run MODEL IMAGE --json")]
    [InlineData("--version")]
    public async Task A_reader_that_has_gone_is_not_told_and_fails_as_usual(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Codes of Unix.");

        CliResult result = await RunAsync(command, new FullWriter(BrokenPipe), null);

        Assert.Equal(ExitCode.BrokenPipe, result.Code);
        Assert.Empty(result.OtherLines);
    }

    [Theory]
    [InlineData(NoSpace, "info MODEL", ExitCode.Failure)]
    [InlineData(NoSpace, "info MODEL --json", ExitCode.Success)]
    [InlineData(NoSpace, "info nowhere", ExitCode.Failure)]
    [InlineData(NoSpace, "nonsense", ExitCode.Usage)]
    [InlineData(NoSpace, "compare MODEL OTHER --data FOLDER --limit 1", ExitCode.Failure)]
    [InlineData(BrokenPipe, "compare MODEL OTHER --data FOLDER --limit 1", ExitCode.BrokenPipe)]
    public async Task A_line_that_cannot_be_told_makes_success_a_failure(int errorCode, string command, int expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Codes of Unix.");

        Assert.Equal(expected, (await RunAsync(command, TextWriter.Null, new FullWriter(errorCode))).Code);
    }

    [Fact]
    public async Task A_progress_bar_that_cannot_be_drawn_stops_no_work()
    {
        using var context = new CommandContext(TextWriter.Null, new FullWriter(NoSpace), showsProgress: true);
        using (var progress = new DelayedProgress(context, "working", 10))
        {
            progress.Increment();
            await Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
        }

        Assert.Equal(ExitCode.Failure, ErrorLine.ReportLost(ExitCode.Success, context));
        Assert.IsType<IOException>(context.Error.Failure);
    }

    [Theory]
    [InlineData("$dw info $model > /dev/full", 1, "standard output: No space left on device")]
    [InlineData("$dw info $model --json > /dev/full", 1, "standard output: No space left on device")]
    [InlineData("$dw --version > /dev/full", 1, "standard output: No space left on device")]
    [InlineData("$dw info $model >&-", 1, "standard output: is closed")]
    [InlineData("$dw --version <&- >&-", 1, "standard output: is closed")]
    [InlineData("$dw info nowhere 2> /dev/full", 1, "")]
    [InlineData("$dw info nowhere 2>&-", 1, "")]
    [InlineData("$dw info $model 2> /dev/full > out", 1, "")]
    [InlineData("$dw info $model 2>&- | wc -l > lines; [[ $(cat lines) -gt 50 && ${PIPESTATUS[0]} == 0 ]]", 0, "")]
    [InlineData("$dw info $model | true; exit ${PIPESTATUS[0]}", 141, "")]
    [InlineData("$dw forward $model --input in.bin --output /dev/stdout | true; exit ${PIPESTATUS[0]}", 141, "")]
    [InlineData("$dw forward $model --input in.bin --output /dev/full", 1, "/dev/full: cannot be written: No space left on device")]
    [InlineData("$dw forward $model --input in.bin --output /dev/stdout > /dev/full", 1,
        "/dev/stdout: cannot be written: No space left on device")]
    [InlineData("$dw forward $model --input in.bin --output /dev/stdout >&-", 1, "/dev/stdout: cannot be written: is closed")]
    [InlineData("$dw convert $model o.safetensors > /dev/full; a=$?; $dw info o.safetensors > out && exit $a", 1, "No space left")]
    public async Task A_process_tells_what_its_shell_can_see(string script, int code, string error)
    {
        _files.WriteInput("in.bin");

        (int Code, string Output, string Error) result = await Shell.RunAsync(_files[""], $"model={CliFiles.Model}\n{script}");

        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(error, result.Error);
        Assert.InRange(new CliResult(code, "", result.Error).OtherLines.Count, 0, 1);
    }

    [Fact]
    public async Task What_is_written_to_standard_output_follows_what_is_there_and_the_report_gives_way()
    {
        string input = _files.WriteInput("in.bin");
        (await CliRunner.RunAsync("forward", CliFiles.Model, "--input", input, "--output", _files["expected"])).RequireSuccess();
        byte[] expected = File.ReadAllBytes(_files["expected"]);
        string command = $"$dw forward {CliFiles.Model} --input in.bin --output";

        (int code, string output, string error) = await Shell.RunAsync(
            _files[""],
            $$"""
            set -e
            echo before > appended; {{command}} /dev/stdout >> appended; echo after >> appended
            { echo before; {{command}} /proc/self/fd/1 --json; echo after; } > grouped
            { echo before >&3; {{command}} /dev/fd/3 > report; echo after >&3; } 3> third
            {{command}} /dev/stdout > alone
            {{command}} /dev/stdout | cat > piped
            ln -s /dev/stdout link; {{command}} link > linked
            """);

        Assert.Equal((0, ""), (code, output));
        Assert.Contains("/dev/stdout: 1x10 logits", error);
        Assert.Contains("\"output_shape\"", error);
        byte[] between = [.. "before\n"u8, .. expected, .. "after\n"u8];
        Assert.All((string[])["appended", "grouped", "third"], name => Assert.Equal(between, File.ReadAllBytes(_files[name])));
        Assert.All((string[])["alone", "piped", "linked"], name => Assert.Equal(expected, File.ReadAllBytes(_files[name])));
        Assert.Contains("logits", File.ReadAllText(_files["report"]));
    }

    [Fact]
    public async Task A_full_disk_leaves_no_part_of_a_file()
    {
        // A limit on files, of which the process is told, stands for the disk's; without the option the runtime itself would be the first
        // to meet it.
        File.WriteAllText(_files["kept.safetensors"], "before");
        (int code, _, string error) = await Shell.RunAsync(
            _files[""],
            $"export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 100; $dw convert {CliFiles.Model} new.safetensors; $dw "
                + $"convert {CliFiles.Model} kept.safetensors");

        Assert.Equal(1, code);
        string[] lines = error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("dw: new.safetensors: cannot be written: ", lines[0]);
        Assert.StartsWith("dw: kept.safetensors: cannot be written: ", lines[1]);
        Assert.DoesNotContain(".tmp", error);
        Assert.Equal(["kept.safetensors"], _files.Names);
        Assert.Equal("before", File.ReadAllText(_files["kept.safetensors"]));
    }

    private async Task<CliResult> RunAsync(string command, TextWriter output, TextWriter? error)
    {
        string folder = _files.WriteImageFolder("images"), input = _files.WriteInput("in.bin");
        string other = _files.WriteModel("other.safetensors", describe: metadata => metadata with { Mean = [0, 0, 0] });
        string[] arguments =
        [
            .. command.Split(' ').Select(word => word switch
            {
                "MODEL" => CliFiles.Model,
                "OTHER" => other,
                "IMAGE" => CliFiles.Cat,
                "FOLDER" => folder,
                "IN" => input,
                "OUT" => _files["out.safetensors"],
                _ => word,
            }),
        ];
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using var context = new CommandContext(output, error ?? text);
        int code = await DwCommandLine.RunAsync(arguments, context, TestContext.Current.CancellationToken);
        return new CliResult(code, "", text.ToString());
    }

    /// <summary>Takes text and fails when it is to go on, as a stream's buffer does.</summary>
    private sealed class FullWriter(int code) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Flush()
        {
            if (GetStringBuilder().Length > 0)
            {
                throw new IOException("full", code);
            }
        }
    }
}
