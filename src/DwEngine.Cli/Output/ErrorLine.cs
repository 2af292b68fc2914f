using DwEngine.Files;
using DwEngine.Models;

namespace DwEngine.Cli.Output;

/// <summary>Errors on standard error: one line each, but for weights that do not fit, which take a few.</summary>
internal static class ErrorLine
{
    /// <summary>Writes the lines that an error deserves.</summary>
    /// <param name="error">The error.</param>
    /// <param name="context">Where they are written.</param>
    /// <param name="isVerbose">Whether to list everything that does not fit, not only the first of each kind.</param>
    /// <returns>The exit code to end with.</returns>
    public static int Report(Exception error, CommandContext context, bool isVerbose = false)
    {
        if (error is OperationCanceledException)
        {
            Write("stopped", context);
            return ExitCode.Cancelled;
        }

        if (DescriptorStream.IsBrokenPipe(error))
        {
            // Whoever read the pipe has seen enough, and wants no message.
            return ExitCode.BrokenPipe;
        }

        if (error is WeightMismatchException { Problems.Length: > 0 } mismatch)
        {
            WriteMismatch(mismatch, context, isVerbose);
            return ExitCode.Failure;
        }

        Write(Describe(error), context);
        return ExitCode.Failure;
    }

    /// <summary>Tells of what could not be written to a standard stream, and makes success a failure.</summary>
    /// <param name="code">The exit code of the command.</param>
    /// <param name="context">Where it wrote.</param>
    /// <returns>The exit code to end with.</returns>
    public static int ReportLost(int code, CommandContext context)
    {
        context.Output.Flush();
        if (context.Output.Failure is { } output)
        {
            int lost = Report(new IOException($"standard output: {output.Message}", output), context);
            code = code == ExitCode.Success ? lost : code;
        }

        context.Error.Flush();
        return code == ExitCode.Success && context.Error.Failure is { } error
            ? DescriptorStream.IsBrokenPipe(error) ? ExitCode.BrokenPipe : ExitCode.Failure
            : code;
    }

    /// <summary>Writes one line, whatever the text holds: file names and messages of the system may contain line breaks.</summary>
    public static void Write(string message, CommandContext context) => context.Error.WriteLine("dw: " + OneLine(message));

    private static void WriteMismatch(WeightMismatchException mismatch, CommandContext context, bool isVerbose)
    {
        // The summary's lines; a line break within a file's name would only make one more.
        string[] summary = mismatch.Message.Split('\n');
        Write(summary[0], context);
        foreach (string line in isVerbose ? summary.Where(IsReason).Concat(mismatch.Problems) : summary[1..])
        {
            context.Error.WriteLine("    " + OneLine(line));
        }

        if (!isVerbose && mismatch.Message.Contains(" more.", StringComparison.Ordinal))
        {
            context.Error.WriteLine($"    --verbose lists all {mismatch.Problems.Length}.");
        }

        static bool IsReason(string line) => line.StartsWith("Likely reason", StringComparison.Ordinal);
    }

    private static string OneLine(string message) =>
        string.Create(message.Length, message, static (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });

    private static string Describe(Exception error) => error switch
    {
        DwEngineException or IOException or UnauthorizedAccessException or PlatformNotSupportedException => error.Message,
        OutOfMemoryException => "not enough memory for this network and input size",
        AggregateException { InnerExceptions: [Exception first, ..] } => Describe(first),
        // A fault of this program, not of its input; the type is what a report of it needs.
        _ => $"internal error: {error.GetType().Name}: {error.Message}",
    };
}
