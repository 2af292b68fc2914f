using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Output;

namespace DwEngine.Cli;

/// <summary>
/// The whole command line: parses the arguments, runs the command they name, and turns every error into one line and an exit code.
/// </summary>
internal static class DwCommandLine
{
    // A run of the largest supported batch ends well within this; only then is the process ended without waiting for the command.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);

    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">The arguments without the program's name.</param>
    /// <param name="context">Where results and errors go.</param>
    /// <param name="cancellation">Stops the command as Ctrl-C does.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CommandContext context, CancellationToken cancellation = default)
    {
        // A file name may begin with '@'; it shall not be taken for a file of arguments.
        // And "-out" is a mistyped option, not "-o" with the value "ut".
        var configuration = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult parse = CreateRoot(arguments, context).Parse(arguments, configuration);
        return ErrorLine.ReportLost(await RunAsync(arguments, parse, context, cancellation), context);
    }

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, ParseResult parse, CommandContext context, CancellationToken cancellation)
    {
        try
        {
            string? unknown = parse.Action is HelpWithExample || parse.CommandResult.Command is RootCommand
                ? null
                : UnknownOption.Describe(arguments, parse);
            if (unknown is not null || parse.Action is ParseErrorAction)
            {
                return ReportUsage(unknown, parse, context);
            }

            return await parse.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = context.Output,
                    Error = context.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = s_stopLimit,
                },
                cancellation);
        }
        catch (Exception error)
        {
            return ErrorLine.Report(error, context);
        }
    }

    private static RootCommand CreateRoot(IReadOnlyList<string> arguments, CommandContext context)
    {
        var root = new RootCommand("Run, measure and compress efficient convolutional networks on the CPU.");
        foreach (CliCommand command in CommandList.Create())
        {
            root.Add(command.Build(arguments, context));
        }

        HelpWithExample.Attach(root, "dw run model.safetensors photo.jpg");
        return root;
    }

    private static int ReportUsage(string? unknownOption, ParseResult parse, CommandContext context)
    {
        var path = new List<string>();
        for (SymbolResult? result = parse.CommandResult; result is CommandResult { Parent: not null } command; result = result.Parent)
        {
            path.Insert(0, command.Command.Name);
        }

        string problems = unknownOption ?? string.Join(" ", parse.Errors.Select(Describe).Distinct());
        if (parse.CommandResult.Command is RootCommand)
        {
            string expected = string.Join(", ", parse.CommandResult.Command.Subcommands.Select(command => command.Name));
            problems = $"expected a command ({expected}); found {(parse.UnmatchedTokens is [var found, ..] ? $"'{found}'" : "none")}.";
        }

        ErrorLine.Write($"{problems} See '{string.Join(' ', ["dw", .. path, "--help"])}'.", context);
        return ExitCode.Usage;
    }

    private static string Describe(ParseError error) =>
        error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult } missing
        ? $"{missing.Argument.Name} is required."
        : error.Message;
}
