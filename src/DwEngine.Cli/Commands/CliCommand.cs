using System.CommandLine;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Commands;

/// <summary>
/// One command: its name, its options, and what it does. A new one is one class in this folder and one row in <see cref="CommandList"/>.
/// </summary>
/// <param name="name">What the user types.</param>
/// <param name="description">One sentence for the help.</param>
/// <param name="example">A command line that works, for the help.</param>
internal abstract class CliCommand(string name, string description, string example)
{
    private readonly Option<bool> _wide = new("--wide")
    {
        Description = "Show all columns of tables in full, even if the terminal is too narrow for them.",
    };

    private readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "Of weights that do not fit, list all, not only the first of each kind.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Write JSON, and nothing else, to standard output." };

    /// <summary>Makes the library's command.</summary>
    /// <param name="arguments">The command line as it was typed.</param>
    /// <param name="context">Where it writes when it is invoked.</param>
    public Command Build(IReadOnlyList<string> arguments, CommandContext context)
    {
        var command = new Command(name, description);
        Define(command);
        command.Add(_wide);
        command.Add(_verbose);
        command.Add(_json);
        HelpWithExample.Attach(command, example);
        // On a thread of its own, so that Ctrl-C is heard while the command computes.
        command.SetAction((parse, cancellation) => Task.Run(() => Invoke(arguments, parse, context, cancellation), CancellationToken.None));
        return command;
    }

    /// <summary>Adds the command's arguments and options.</summary>
    protected abstract void Define(Command command);

    /// <summary>Does the work. Errors are thrown; the caller reports them.</summary>
    protected abstract IReport Execute(Invocation invocation);

    private int Invoke(IReadOnlyList<string> arguments, ParseResult parse, CommandContext context, CancellationToken cancellation)
    {
        try
        {
            IReport report = Execute(new Invocation(arguments, parse, context, cancellation));
            cancellation.ThrowIfCancellationRequested();
            if (parse.GetValue(_json))
            {
                if (report.IsList)
                {
                    WriteNotes(context, report);
                }

                JsonText.Write(context.Report, report);
            }
            else
            {
                WriteNotes(context, report);
                report.WriteText(context.CreateOutputConsole(parse.GetValue(_wide)));
            }

            int code = ExitCode.Success;
            foreach (Exception error in report.Errors)
            {
                code = ErrorLine.Report(error, context, parse.GetValue(_verbose));
            }

            return code;
        }
        catch (Exception error)
        {
            return ErrorLine.Report(error, context, parse.GetValue(_verbose));
        }
    }

    // On standard error, so that what is piped on are results only.
    private static void WriteNotes(CommandContext context, IReport report)
    {
        if (report.Input is { } input)
        {
            ErrorLine.Write($"input: {input.Text}", context);
        }

        foreach (string note in report.Notes)
        {
            ErrorLine.Write(note, context);
        }

        foreach (string warning in report.AllWarnings())
        {
            ErrorLine.Write($"warning: {warning}", context);
        }
    }
}
