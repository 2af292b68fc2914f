using Spectre.Console;

namespace DwEngine.Cli.Output;

/// <summary>Where a command writes. Tests give it writers of their own.</summary>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives error lines and the progress bar.</param>
/// <param name="outputWidth">Columns of the terminal that results go to, which may show colours; null where they go elsewhere.</param>
/// <param name="showsProgress">Whether a progress bar may be drawn on <paramref name="error"/>.</param>
internal sealed class CommandContext(TextWriter output, TextWriter error, int? outputWidth = null, bool showsProgress = false)
    : IDisposable
{
    /// <summary>Wide enough that no table is cut where there is no terminal to set a limit.</summary>
    private const int UnboundedWidth = 400;

    /// <summary>Receives results.</summary>
    public StandardWriter Output { get; } = output as StandardWriter ?? new StandardWriter(output);

    /// <summary>Receives error lines and the progress bar.</summary>
    public StandardWriter Error { get; } = error as StandardWriter ?? new StandardWriter(error);

    /// <summary>
    /// Whether <see cref="Output"/> receives a file that the command writes, so that its report must go to <see cref="Error"/>.
    /// </summary>
    public bool ReportsToError { get; set; }

    /// <summary>Receives the report.</summary>
    public TextWriter Report => ReportsToError ? Error : Output;

    /// <summary>Whether a progress bar may be drawn on <see cref="Error"/>.</summary>
    public bool ShowsProgress { get; } = showsProgress;

    /// <summary>This process's own streams.</summary>
    public static CommandContext ForProcess() => new(
        StandardWriter.ForOutput(),
        StandardWriter.ForError(),
        outputWidth: Console.IsOutputRedirected ? null : TerminalWidth(),
        showsProgress: !Console.IsOutputRedirected && !Console.IsErrorRedirected);

    /// <summary>A console for the tables and text of a report.</summary>
    /// <param name="isWide">Whether lines may be longer than the terminal is wide.</param>
    public IAnsiConsole CreateOutputConsole(bool isWide = false)
    {
        IAnsiConsole console = CreateConsole(Report, outputWidth is not null);
        console.Profile.Width = isWide ? UnboundedWidth : outputWidth ?? UnboundedWidth;
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
