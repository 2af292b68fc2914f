using System.CommandLine;
using System.CommandLine.Parsing;

namespace DwEngine.Cli;

/// <summary>
/// Finds what looks like an option but is none. The parser takes it for the name of a file wherever a command accepts one, which a
/// mistyped option must not become.
/// </summary>
internal static class UnknownOption
{
    // Besides the hyphen those that word processors and web pages make of it.
    private const string Dashes = "-\u2010\u2011\u2012\u2013\u2014\u2212";

    /// <summary>Describes the first unknown option; null if there is none.</summary>
    /// <param name="arguments">The command line as it was typed.</param>
    /// <param name="parse">What the parser made of it.</param>
    public static string? Describe(IReadOnlyList<string> arguments, ParseResult parse)
    {
        // What stands behind "--" is a name, and so is the value in "--option=value".
        var typed = arguments.TakeWhile(argument => argument != "--").ToHashSet(StringComparer.Ordinal);
        string? found = parse.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && IsLikeOption(token.Value) && typed.Contains(token.Value))
            .Select(token => token.Value)
            .FirstOrDefault();
        if (found is null)
        {
            return null;
        }

        string similar = Similar(found, parse.CommandResult.Command) is { } name ? $" Did you mean {name}?" : "";
        return $"unknown option '{found}'.{similar} A file of that name is given as './{found}'.";
    }

    // A number may begin with a hyphen, too.
    private static bool IsLikeOption(string text) =>
        text.Length > 1 && IsDash(text[0]) && (char.IsLetter(text[1]) || IsDash(text[1]));

    private static bool IsDash(char letter) => Dashes.Contains(letter, StringComparison.Ordinal);

    private static string? Similar(string found, Command command)
    {
        string typed = Bare(found.Split('=', ':')[0]);
        return command.Options
            .Where(option => !option.Hidden)
            .Select(option => (option.Name, Distance: IsBeginning(typed, Bare(option.Name)) ? 0 : Words.Distance(typed, Bare(option.Name))))
            .Where(option => option.Distance <= Math.Max(1, typed.Length / 3))
            .OrderBy(option => option.Distance)
            .Select(option => option.Name)
            .FirstOrDefault();
    }

    private static bool IsBeginning(string typed, string name) => typed.Length > 1 && name.StartsWith(typed, StringComparison.Ordinal);

    private static string Bare(string option) => option.TrimStart([.. Dashes]).ToLowerInvariant();
}
