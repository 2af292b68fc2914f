using System.Text.Json;
using Spectre.Console;

namespace DwEngine.Cli.Output;

/// <summary>What a command found out, for machines and for people.</summary>
internal interface IReport
{
    /// <summary>
    /// Why parts of what was asked for were not done. Each becomes a line on standard error, and any makes the exit code say failure.
    /// </summary>
    IReadOnlyList<Exception> Errors => [];

    /// <summary>Writes the members of one JSON object, whose braces the caller writes.</summary>
    void WriteJson(Utf8JsonWriter json);

    /// <summary>Writes text and tables.</summary>
    void WriteText(IAnsiConsole console);
}
