using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Output;
using Xunit;

namespace DwEngine.Cli.Tests;

/// <summary>What a command line did.</summary>
internal sealed record CliResult(int Code, string Output, string Error)
{
    private static readonly string[] s_notes = ["dw: input: ", "dw: classes: ", "dw: class names: "];

    /// <summary>
    /// Lines that say what a network got as its input, which every command with a network writes, and what its classes are.
    /// </summary>
    public IReadOnlyList<string> Notes =>
        [.. ErrorLines.Where(line => s_notes.Any(note => line.StartsWith(note, StringComparison.Ordinal)))];

    /// <summary>All other lines of standard error.</summary>
    public IReadOnlyList<string> OtherLines => [.. ErrorLines.Except(Notes)];

    private string[] ErrorLines => Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Requires success without a word on standard error, and the output to be one JSON object and nothing else.</summary>
    public JsonElement Json()
    {
        RequireSuccess();
        Assert.Equal("", Error);
        return ParseJson();
    }

    /// <summary>The output as one JSON object, whatever the exit code.</summary>
    public JsonElement ParseJson()
    {
        using var document = JsonDocument.Parse(Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>Requires success, and nothing on standard error but what the input is.</summary>
    public void RequireSuccess()
    {
        Assert.Empty(OtherLines);
        Assert.Equal(ExitCode.Success, Code);
    }

    /// <summary>Requires failure, told in exactly one line that holds all the fragments, and no output.</summary>
    public void RequireError(int code, params string[] fragments)
    {
        Assert.Equal(code, Code);
        Assert.Equal("", Output);
        Assert.StartsWith("dw: ", Error);
        Assert.EndsWith(Environment.NewLine, Error);
        Assert.DoesNotContain('\n', Error[..^Environment.NewLine.Length]);
        Assert.DoesNotContain("internal error", Error);
        Assert.All(fragments, fragment => Assert.Contains(fragment, Error));
    }
}

/// <summary>Runs the command line within this process.</summary>
internal static class CliRunner
{
    /// <summary>Every command's name.</summary>
    public static readonly string[] CommandNames =
        ["demo", "info", "run", "detect", "forward", "eval", "bench", "preprocess", "convert", "decompose", "compare", "conform"];

    public static Task<CliResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        RunAsync(null, arguments, cancellation);

    /// <summary>Runs it as on a terminal.</summary>
    public static Task<CliResult> RunOnTerminalAsync(int width, params string[] arguments) =>
        RunAsync(width, arguments, TestContext.Current.CancellationToken);

    private static async Task<CliResult> RunAsync(int? width, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        using var context = new CommandContext(output, error, width);
        int code = await DwCommandLine.RunAsync(arguments, context, cancellation);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    public static Task<CliResult> RunAsync(params string[] arguments) => RunAsync(arguments, TestContext.Current.CancellationToken);
}
