using System.Globalization;
using System.Text.Json;
using DwEngine.Cli;
using Xunit;

namespace DwEngine.Tests.Cli;

/// <summary>What a command line did.</summary>
internal sealed record CliResult(int Code, string Output, string Error)
{
    /// <summary>Requires success without a word on standard error, and the output to be one JSON object and nothing else.</summary>
    public JsonElement Json()
    {
        RequireSuccess();
        return ParseJson();
    }

    /// <summary>The output as one JSON object, whatever the exit code.</summary>
    public JsonElement ParseJson()
    {
        using var document = JsonDocument.Parse(Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    public void RequireSuccess()
    {
        Assert.Equal("", Error);
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
        ["demo", "info", "run", "forward", "eval", "bench", "preprocess", "convert", "decompose", "compare"];

    public static async Task<CliResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        using var context = new CommandContext(output, error);
        int code = await DwCommandLine.RunAsync(arguments, context, cancellation);
        return new CliResult(code, output.ToString(), error.ToString());
    }

    public static Task<CliResult> RunAsync(params string[] arguments) => RunAsync(arguments, TestContext.Current.CancellationToken);
}
