namespace DwEngine.Files;

/// <summary>A stream over a whole <see cref="SourceFile"/>, which it must not outlive, for libraries that read streams.</summary>
/// <param name="file">The file.</param>
internal sealed class SourceStream(SourceFile file) : Stream
{
    private long _position;

    /// <summary>Is told how many bytes are about to be read; may throw, to stop a library that would read too many.</summary>
    public Action<int>? Reading { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Math.Max(0, file.Length - _position));
        Reading?.Invoke(count);
        file.Read(Math.Min(_position, file.Length), buffer[..count], $"byte {_position}");
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        long start = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => file.Length };
        // As a file's own stream: beyond the end nothing is read, before the start there is nothing.
        return _position = start + offset >= 0 ? start + offset : throw new IOException("A place before the start of the file.");
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
