using System.CommandLine;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Options;

/// <summary>One execution of a command.</summary>
/// <param name="Arguments">The command line as it was typed, without the program's name.</param>
/// <param name="Parse">The values of its arguments and options.</param>
/// <param name="Context">Where progress and errors go.</param>
/// <param name="Cancellation">Set by Ctrl-C.</param>
internal sealed record Invocation(
    IReadOnlyList<string> Arguments, ParseResult Parse, CommandContext Context, CancellationToken Cancellation);
