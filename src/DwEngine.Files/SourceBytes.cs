using Microsoft.Win32.SafeHandles;

namespace DwEngine.Files;

/// <summary>Bytes that can be read from any place.</summary>
internal interface ISourceBytes : IDisposable
{
    /// <summary>How many there are.</summary>
    long Length { get; }

    /// <summary>Reads from a place on, at least one byte unless the end is reached, which may come before <see cref="Length"/>.</summary>
    /// <param name="offset">The place, at most <see cref="Length"/>.</param>
    /// <param name="destination">Receives the bytes; not empty.</param>
    /// <returns>How many were read.</returns>
    int Read(long offset, Span<byte> destination);
}

/// <summary>Those of a file.</summary>
/// <param name="path">The file, which must be a regular one.</param>
internal sealed class HandleBytes(string path) : ISourceBytes
{
    private readonly SafeFileHandle _handle = File.OpenHandle(path);

    public long Length => RandomAccess.GetLength(_handle);

    public int Read(long offset, Span<byte> destination) => RandomAccess.Read(_handle, destination, offset);

    public void Dispose() => _handle.Dispose();
}

/// <summary>Those of memory that the caller keeps.</summary>
/// <param name="memory">The bytes.</param>
internal sealed class MemoryBytes(ReadOnlyMemory<byte> memory) : ISourceBytes
{
    public long Length => memory.Length;

    public int Read(long offset, Span<byte> destination)
    {
        ReadOnlySpan<byte> rest = memory.Span[(int)offset..];
        int count = Math.Min(rest.Length, destination.Length);
        rest[..count].CopyTo(destination);
        return count;
    }

    public void Dispose()
    {
    }
}

/// <summary>Those of a stream that can seek, from a place in it on.</summary>
/// <param name="stream">The stream.</param>
/// <param name="start">The place that counts as 0.</param>
/// <param name="owns">Whether the stream ends with this.</param>
internal sealed class StreamBytes(Stream stream, long start, bool owns) : ISourceBytes
{
    public long Length => Math.Max(0, stream.Length - start);

    public int Read(long offset, Span<byte> destination)
    {
        stream.Position = start + offset;
        return stream.Read(destination);
    }

    public void Dispose()
    {
        if (owns)
        {
            stream.Dispose();
        }
    }
}
