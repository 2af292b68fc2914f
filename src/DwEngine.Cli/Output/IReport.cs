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

    /// <summary>
    /// What the network got as its input: a line on standard error, or a member of the JSON object. Null where the report itself tells.
    /// </summary>
    InputDescription? Input => null;

    /// <summary>
    /// What else the user must know to read the text rightly; lines on standard error. JSON has members of its own for it.
    /// </summary>
    IEnumerable<string> Notes => [];

    /// <summary>What was done otherwise than the user may think: lines on standard error, or a member of the JSON object.</summary>
    IEnumerable<string> Warnings => [];

    /// <summary>These, and what is odd about the input.</summary>
    sealed IEnumerable<string> AllWarnings() => (Input?.Questions ?? []).Concat(Warnings);

    /// <summary>
    /// Whether the JSON is a list rather than an object. Input, notes and warnings, which have no place in it, go to standard error.
    /// </summary>
    bool IsList => false;

    /// <summary>Writes the members of one JSON object, or the items of a list; the caller writes the braces or brackets.</summary>
    void WriteJson(Utf8JsonWriter json);

    /// <summary>Writes text and tables.</summary>
    void WriteText(IAnsiConsole console);
}
