namespace DwEngine.Cli;

/// <summary>Errors as one line on standard error.</summary>
internal static class ErrorLine
{
    /// <summary>Writes the line that an error deserves.</summary>
    /// <returns>The exit code to end with.</returns>
    public static int Report(Exception error, CommandContext context)
    {
        if (error is OperationCanceledException)
        {
            Write("stopped", context);
            return ExitCode.Cancelled;
        }

        Write(Describe(error), context);
        return ExitCode.Failure;
    }

    /// <summary>Writes one line, whatever the text holds: file names and messages of the system may contain line breaks.</summary>
    public static void Write(string message, CommandContext context) =>
        context.Error.WriteLine("dw: " + string.Create(message.Length, message, static (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        }));

    private static string Describe(Exception error) => error switch
    {
        DwEngineException or IOException or UnauthorizedAccessException or PlatformNotSupportedException => error.Message,
        OutOfMemoryException => "not enough memory for this network and input size",
        AggregateException { InnerExceptions: [Exception first, ..] } => Describe(first),
        // A fault of this program, not of its input; the type is what a report of it needs.
        _ => $"internal error: {error.GetType().Name}: {error.Message}",
    };
}
