using System.Runtime.InteropServices;

namespace DwEngine.Files;

/// <summary>
/// Writes to a descriptor that this process was started with, such as standard output, at the place where whoever shares it has got to.
/// Unlike the console's own stream, it tells of a pipe whose reader has gone. Not for Windows.
/// </summary>
public sealed class DescriptorStream : Stream
{
    private const int LastStandard = 2;

    private readonly int _descriptor;

    /// <summary>Takes a descriptor, which stays open when the stream is disposed.</summary>
    public DescriptorStream(int descriptor)
    {
        _descriptor = descriptor;
        // Closed by the caller, the number was given to a file of the runtime's own, which, unlike an inherited one, is closed on exec.
        int flags = descriptor <= LastStandard ? Posix.Control(descriptor, Posix.GetDescriptorFlags) : 0;
        IsClosed = flags < 0 || (flags & Posix.CloseOnExec) != 0;
    }

    /// <summary>Whether a standard stream was closed when this process was started.</summary>
    public bool IsClosed { get; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether an error is that of writing to a pipe or a socket whose reader has gone.</summary>
    public static bool IsBrokenPipe(Exception? error)
    {
        // Windows' ERROR_BROKEN_PIPE and ERROR_NO_DATA.
        const int Broken = unchecked((int)0x8007006d), Closing = unchecked((int)0x800700e8);
        int code = OperatingSystem.IsWindows() ? Broken : Posix.BrokenPipe;
        for (; error is not null; error = error.InnerException)
        {
            if (error is IOException && (error.HResult == code || (OperatingSystem.IsWindows() && error.HResult == Closing)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="IOException">The descriptor is closed, the disk full, the reader gone.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (IsClosed)
        {
            throw new IOException("is closed");
        }

        while (!buffer.IsEmpty)
        {
            nint written = Posix.Write(_descriptor, buffer, buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Posix.Interrupted:
                    break;
                case Posix.TryAgain:
                    // Shared with somebody who made it non-blocking.
                    Thread.Sleep(1);
                    break;
                case int error:
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
