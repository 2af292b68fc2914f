using System.Globalization;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Output;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class CommandLineTests
{
    public static TheoryData<string> Commands => [.. CliRunner.CommandNames];

    [Fact]
    public void The_list_holds_the_commands_that_are_tested() => Assert.Equal(CliRunner.CommandNames.Length, CommandList.Create().Count);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_shows_an_example_and_the_json_option(string command)
    {
        CliResult result = await CliRunner.RunAsync(command, "--help");

        result.RequireSuccess();
        Assert.Contains("Example:", result.Output);
        Assert.Contains($"  dw {command}", result.Output);
        Assert.Contains("--json", result.Output);
    }

    [Fact]
    public async Task Help_of_the_program_lists_every_command()
    {
        CliResult result = await CliRunner.RunAsync("--help");

        result.RequireSuccess();
        Assert.Contains("Example:", result.Output);
        Assert.All(CliRunner.CommandNames, command => Assert.Contains($"\n  {command}", result.Output));
    }

    [Theory]
    [InlineData("'dw --help'")]
    [InlineData("found 'classify'", "classify")]
    [InlineData("MODEL is required", "bench")]
    [InlineData("Expected MODEL, --operators or --cpu", "info")]
    [InlineData("OUT is required", "convert", "model.pth")]
    [InlineData("--input", "forward", "model.pth")]
    [InlineData("--isa: expected avx512, avx2, neon, portable; found 'sse'", "bench", "model.pth", "--isa", "sse")]
    [InlineData("--threads: expected a whole number", "bench", "model.pth", "--threads", "0")]
    [InlineData("--size: expected a whole number", "info", "model.pth", "--size", "-1")]
    [InlineData("--stem: expected imagenet, cifar; found 'none'", "info", "model.pth", "--stem", "none")]
    [InlineData("--mean: expected three finite numbers", "info", "model.pth", "--mean", "0.5,0.5")]
    [InlineData("--mean: expected three finite numbers", "info", "model.pth", "--mean", "0.5,NaN,0.5")]
    [InlineData("--std: expected three finite numbers above 0", "info", "model.pth", "--std", "0.2,0.2,0")]
    [InlineData("--shape: expected N,C,H,W", "forward", "m", "--input", "a", "--output", "b", "--shape", "1,3,x")]
    [InlineData("--shape: expected N,C,H,W", "forward", "m", "--input", "a", "--output", "b", "--shape", "1,3,0,224")]
    [InlineData("--shape: expected N,C,H,W", "forward", "m", "--input", "a", "--output", "b", "--shape", "2147483647,2147483647,99,99")]
    [InlineData("--limit: expected a whole number", "eval", "m", "d", "--limit", "0")]
    [InlineData("--loud", "info", "model.pth", "--loud")]
    public async Task A_wrong_command_line_is_one_line_and_exit_code_2(string fragment, params string[] arguments)
    {
        CliResult result = await CliRunner.RunAsync(arguments);

        result.RequireError(ExitCode.Usage, fragment);
    }

    [Theory]
    [InlineData("info", "MODEL")]
    [InlineData("run", "MODEL", "cat.png")]
    [InlineData("forward", "MODEL", "--input", "in.bin", "--output", "out.bin")]
    [InlineData("eval", "MODEL", "folder")]
    [InlineData("bench", "MODEL")]
    [InlineData("preprocess", "cat.png", "--output", "out.bin", "--model", "MODEL")]
    [InlineData("convert", "MODEL", "out.safetensors")]
    public async Task A_missing_or_corrupt_weight_file_is_one_line_that_names_it(params string[] arguments)
    {
        using var files = new CliFiles();
        string missing = files["missing.pth"], truncated = files["truncated.safetensors"];
        File.WriteAllBytes(truncated, File.ReadAllBytes(CliFiles.Model)[..5000]);
        foreach (string model in (string[])[missing, truncated])
        {
            CliResult result = await CliRunner.RunAsync([.. arguments.Select(argument => argument == "MODEL" ? model : argument)]);

            result.RequireError(ExitCode.Failure, model);
        }
    }

    [Theory]
    [InlineData("run", "MODEL", "INPUT")]
    [InlineData("forward", "MODEL", "--input", "INPUT", "--output", "out.bin")]
    [InlineData("info", "MODEL", "--labels", "INPUT")]
    [InlineData("preprocess", "INPUT", "--output", "out.bin")]
    public async Task A_missing_input_or_a_directory_is_one_line_that_names_it(params string[] arguments)
    {
        using var files = new CliFiles();
        string folder = Path.GetDirectoryName(files["x"])!;
        foreach ((string input, string problem) in ((string, string)[])[("missing", "missing: does not exist"),
            (folder, $"{folder}: is a directory")])
        {
            CliResult result = await CliRunner.RunAsync(
                [.. arguments.Select(argument => argument switch { "MODEL" => CliFiles.Model, "INPUT" => input, _ => argument })]);

            result.RequireError(ExitCode.Failure, problem);
        }
    }

    [Theory]
    [InlineData("preprocess", "IMAGE", "--output", "OUTPUT")]
    [InlineData("convert", "MODEL", "OUTPUT")]
    public async Task An_output_that_cannot_be_written_is_one_line_that_names_it_and_no_temporary_file(params string[] arguments)
    {
        using var files = new CliFiles();
        string output = Path.Combine(files["missing"], "out.safetensors");
        CliResult result = await CliRunner.RunAsync(
            [.. arguments.Select(
                argument => argument switch { "MODEL" => CliFiles.Model, "IMAGE" => CliFiles.Cat, "OUTPUT" => output, _ => argument })]);

        result.RequireError(ExitCode.Failure, output, $"the folder {files["missing"]} does not exist");
        Assert.DoesNotContain(".tmp", result.Error);

        CliResult inFile = await CliRunner.RunAsync("convert", CliFiles.Model, Path.Combine(CliFiles.Model, "out.safetensors"));
        inFile.RequireError(ExitCode.Failure, $"{CliFiles.Model} is a file; a folder was expected");
    }

    [Fact]
    public async Task A_few_misfits_of_the_weights_are_all_told()
    {
        using var files = new CliFiles();
        string model = files.WriteModel("wrong.safetensors", (name, tensor) => name is "fc.bias" or "conv5.1.weight"
            ? Tensor.FromFloats(new Shape(3), [1, 2, 3])
            : tensor);

        CliResult result = await CliRunner.RunAsync("info", model);

        Assert.Equal((ExitCode.Failure, ""), (result.Code, result.Output));
        Assert.StartsWith($"dw: {model}: 2 tensors do not fit", result.Error);
        Assert.Contains("fc.bias has", result.OtherLines[^1]);
        Assert.Contains("conv5.1.weight has", result.OtherLines[^1]);
        Assert.DoesNotContain("--verbose", result.Error);
    }

    [Fact]
    public async Task A_file_name_with_line_breaks_stays_one_line()
    {
        CliResult result = await CliRunner.RunAsync("info", "no\nsuch\r\nfile");

        result.RequireError(ExitCode.Failure, "no such");
    }

    [Fact]
    public async Task A_stopped_command_says_so_and_leaves_nothing_behind()
    {
        using var files = new CliFiles();
        string input = files.WriteInput("in.bin");
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        foreach (string[] arguments in (string[][])
            [
                ["forward", CliFiles.Model, "--input", input, "--output", files["out.bin"]],
                ["convert", CliFiles.Model, files["out.safetensors"]],
                ["preprocess", CliFiles.Cat, "--output", files["cat.bin"]],
                ["bench", CliFiles.Model],
                ["run", CliFiles.Model, CliFiles.Cat],
                ["demo"],
            ])
        {
            CliResult result = await CliRunner.RunAsync(arguments, stopped.Token);

            result.RequireError(ExitCode.Cancelled, "dw: stopped");
        }

        Assert.Equal(["in.bin"], files.Names);
    }

    [Fact]
    public async Task A_long_evaluation_stops_while_it_runs()
    {
        using var files = new CliFiles();
        string folder = files.WriteImageFolder("images");
        for (int i = 0; i < 2000; i++)
        {
            File.CreateSymbolicLink(Path.Combine(folder, "airplane", $"{i}.png"), CliFiles.Cat);
        }

        // The progress bar appears while images are evaluated, and stops it.
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StoppingWriter(stop);
        using var context = new CommandContext(output, error, showsProgress: true);

        int code = await DwCommandLine.RunAsync(["eval", CliFiles.Model, folder, "--threads", "1"], context, stop.Token);

        Assert.True(stop.IsCancellationRequested, "The evaluation ended before it was stopped.");
        Assert.Equal((ExitCode.Cancelled, ""), (code, output.ToString()));
        Assert.Contains("evaluating", error.ToString());
        Assert.EndsWith($"dw: stopped{Environment.NewLine}", error.ToString());
    }

    [Fact]
    public async Task Output_does_not_depend_on_the_locale()
    {
        string[] run = ["run", CliFiles.Model, CliFiles.Cat], info = ["info", CliFiles.Model];
        CliResult expectedRun = await CliRunner.RunAsync(run), expectedInfo = await CliRunner.RunAsync(info);
        CultureInfo before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = "_";
        culture.NumberFormat.NumberGroupSeparator = "^";
        CultureInfo.CurrentCulture = culture;
        try
        {
            Assert.Equal(expectedRun.Output, (await CliRunner.RunAsync(run)).Output);
            Assert.Equal(expectedInfo.Output, (await CliRunner.RunAsync(info)).Output);
            Assert.Equal(ExitCode.Success, (await CliRunner.RunAsync([.. info, "--mean", "0.5,0.5,0.5"])).Code);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("info", "MODEL")]
    [InlineData("run", "MODEL", "cat.png")]
    [InlineData("forward", "MODEL", "--input", "in.bin", "--output", "out.bin")]
    [InlineData("eval", "MODEL", "folder")]
    [InlineData("bench", "MODEL")]
    [InlineData("preprocess", "cat.png", "--output", "out.bin")]
    [InlineData("convert", "MODEL", "out.safetensors")]
    [InlineData("decompose", "MODEL", "-o", "out.safetensors")]
    [InlineData("compare", "MODEL", "MODEL", "--data", "folder")]
    [InlineData("demo")]
    public async Task A_mistyped_option_is_never_a_file(params string[] arguments)
    {
        (string, string)[] options =
            [("--jsno", "--json"), ("-json", "--json"), ("\u2013json", "--json"), ("--wid=5", "--wide"), ("--qqqq", "unknown")];
        foreach ((string option, string hint) in options)
        {
            string[][] lines = [[.. arguments, option], [.. arguments, option, "5"], [arguments[0], option, .. arguments[1..]]];
            foreach (string[] line in lines)
            {
                CliResult result = await CliRunner.RunAsync(line);

                result.RequireError(ExitCode.Usage, $"unknown option '{option}'", hint, $"dw {arguments[0]} --help");
            }
        }
    }

    [Theory]
    [InlineData("./--tpo", "./--tpo")]
    [InlineData("--tpo", "--", "--tpo")]
    [InlineData("--top.png", "--top=1", "--", "--top.png")]
    public async Task A_file_may_begin_with_hyphens(string named, params string[] images)
    {
        CliResult result = await CliRunner.RunAsync(["run", CliFiles.Model, .. images]);

        result.RequireError(ExitCode.Failure, $"{named}: does not exist");
    }

    [Theory]
    [InlineData("run", "MODEL", "CAT", "BARE")]
    [InlineData("info", "MODEL")]
    [InlineData("bench", "MODEL", "--iterations", "3", "--profile")]
    [InlineData("eval", "MODEL", "FOLDER")]
    [InlineData("compare", "MODEL", "BARE", "--data", "FOLDER", "--limit", "1")]
    [InlineData("convert", "MODEL", "OUTPUT")]
    public async Task Every_line_fits_a_terminal_of_80_columns(params string[] arguments)
    {
        using var files = new CliFiles();
        string bare = files.WriteModel("bare-with-a-name-that-is-far-too-long-for-one-column-of-a-table-on-a-terminal.safetensors");
        string[] line =
        [
            .. arguments.Select(argument => argument switch
            {
                "MODEL" => CliFiles.Model,
                "BARE" when arguments[0] == "run" => CliFiles.Rocket,
                "BARE" => bare,
                "CAT" => CliFiles.Cat,
                "FOLDER" => files["images"],
                "OUTPUT" => files["o.safetensors"],
                _ => argument,
            }),
        ];
        files.WriteImageFolder("images");

        CliResult narrow = await CliRunner.RunOnTerminalAsync(80, line), wide = await CliRunner.RunOnTerminalAsync(80, [.. line, "--wide"]);

        narrow.RequireSuccess();
        Assert.All(narrow.Output.Split('\n'), text => Assert.InRange(text.TrimEnd('\r').Length, 0, 80));
        Assert.DoesNotContain("Too narrow for", wide.Output);
        Assert.Equal(arguments[0] is "info" or "bench", narrow.Output.Contains("Too narrow for"));
    }

    /// <summary>Cancels when something is written to it.</summary>
    private sealed class StoppingWriter(CancellationTokenSource stop) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(ReadOnlySpan<char> buffer)
        {
            base.Write(buffer);
            stop.Cancel();
        }
    }
}
