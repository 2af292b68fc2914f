using System.Text;
using DwEngine.Files;

namespace DwEngine.Cli.Output;

/// <summary>
/// Text for a standard stream. What goes wrong there is kept rather than thrown, since it stops no work that has been begun; from then on
/// nothing is written.
/// </summary>
/// <param name="inner">Receives the text.</param>
internal sealed class StandardWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    /// <summary>What went wrong first; null for nothing.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>This process's standard output.</summary>
    public static StandardWriter ForOutput() =>
        ForStream(OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new DescriptorStream(1), autoFlush: false);

    /// <summary>This process's standard error, to which everything is written at once. Who closed it wants none of it.</summary>
    public static StandardWriter ForError() => OperatingSystem.IsWindows()
        ? ForStream(Console.OpenStandardError(), autoFlush: true)
        : new DescriptorStream(2) is { IsClosed: false } stream ? ForStream(stream, autoFlush: true) : new StandardWriter(Null);

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        try
        {
            if (Failure is null)
            {
                inner.Write(buffer);
            }
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            Failure = error;
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        try
        {
            if (Failure is null)
            {
                inner.Flush();
            }
        }
        catch (Exception error) when (IsOfTheStream(error))
        {
            Failure = error;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // Flushed by whoever tells of a failure; a second attempt would only fail again.
        Flush();
        base.Dispose(disposing);
    }

    // UTF-8 without a byte order mark whatever the locale says, so that output is the same everywhere.
    private static StandardWriter ForStream(Stream stream, bool autoFlush) =>
        new(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = autoFlush });

    private static bool IsOfTheStream(Exception error) => error is IOException or UnauthorizedAccessException or ObjectDisposedException;
}
