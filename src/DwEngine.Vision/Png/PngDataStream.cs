namespace DwEngine.Vision.Png;

/// <summary>The compressed pixels of a PNG file, whose parts are read as one stream.</summary>
/// <param name="file">The whole file.</param>
/// <param name="parts">Where in it the parts are.</param>
internal sealed class PngDataStream(ReadOnlyMemory<byte> file, IReadOnlyList<Range> parts) : Stream
{
    private int _part;
    private int _position;

    /// <summary>
    /// Whether more was asked for than there is: the compressed pixels lack their end, and so the checksum that tells whether they are
    /// right.
    /// </summary>
    public bool Starved { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (_part < parts.Count)
        {
            ReadOnlySpan<byte> rest = file.Span[parts[_part]][_position..];
            if (!rest.IsEmpty)
            {
                int count = Math.Min(rest.Length, buffer.Length);
                rest[..count].CopyTo(buffer);
                _position += count;
                return count;
            }

            _part++;
            _position = 0;
        }

        Starved = true;
        return 0;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
