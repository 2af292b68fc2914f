using System.Text;
using Spectre.Console;

namespace DwEngine.Cli;

/// <summary>Where a command writes. Tests give it writers of their own.</summary>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives error lines and the progress bar.</param>
/// <param name="isOutputTerminal">Whether results go to a terminal, which has a width and may show colours.</param>
/// <param name="showsProgress">Whether a progress bar may be drawn on <paramref name="error"/>.</param>
internal sealed class CommandContext(TextWriter output, TextWriter error, bool isOutputTerminal = false, bool showsProgress = false)
    : IDisposable
{
    /// <summary>Wide enough that no table is cut where there is no terminal to set a limit.</summary>
    private const int UnboundedWidth = 400;

    // Columns of the widest table.
    private const int TableWidth = 158;

    /// <summary>Receives results.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Receives error lines and the progress bar.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether a progress bar may be drawn on <see cref="Error"/>.</summary>
    public bool ShowsProgress { get; } = showsProgress;

    /// <summary>
    /// This process's own streams. They are UTF-8 without a byte order mark whatever the locale says, so that output is the same
    /// everywhere.
    /// </summary>
    public static CommandContext ForProcess()
    {
        var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new CommandContext(
            new StreamWriter(Console.OpenStandardOutput(), encoding),
            new StreamWriter(Console.OpenStandardError(), encoding) { AutoFlush = true },
            isOutputTerminal: !Console.IsOutputRedirected,
            showsProgress: !Console.IsOutputRedirected && !Console.IsErrorRedirected);
    }

    /// <summary>A console for tables and text on <see cref="Output"/>.</summary>
    public IAnsiConsole CreateOutputConsole()
    {
        IAnsiConsole console = CreateConsole(Output, isOutputTerminal);
        // A narrow terminal breaks long lines of a table itself, which reads better than numbers cut in two.
        console.Profile.Width = isOutputTerminal ? Math.Max(TerminalWidth(), TableWidth) : UnboundedWidth;
        return console;
    }

    /// <summary>A console for the progress bar on <see cref="Error"/>.</summary>
    public IAnsiConsole CreateProgressConsole()
    {
        IAnsiConsole console = CreateConsole(Error, isTerminal: true);
        console.Profile.Width = TerminalWidth();
        return console;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Output.Dispose();
        Error.Dispose();
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });

    private static int TerminalWidth() => Console.WindowWidth is > 0 and var width ? width : UnboundedWidth;
}
