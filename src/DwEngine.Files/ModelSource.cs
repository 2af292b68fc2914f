using System.IO.MemoryMappedFiles;

namespace DwEngine.Files;

/// <summary>
/// Where a model is read from: a file, a stream, bytes in memory or a file that is mapped to memory. All of them pass the same checks and
/// give the same errors. In place of a path, errors have the name that the caller gives.
/// </summary>
/// <remarks>
/// What is read is copied. A source is needed no longer once the model is loaded. Loads from one source of bytes or of a file may run at a
/// time, those from one stream may not.
/// </remarks>
public sealed class ModelSource
{
    private readonly Func<SourceFile> _open;

    private ModelSource(string name, Func<SourceFile> open)
    {
        Name = name;
        _open = open;
    }

    /// <summary>The path, or the name that was given.</summary>
    public string Name { get; }

    /// <summary>The folder of a file; null for what is no file.</summary>
    internal string? Folder { get; private init; }

    /// <summary>A file, which is opened when it is read.</summary>
    /// <param name="path">The file.</param>
    public static ModelSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(path, () => SourceFile.Open(path)) { Folder = Path.GetDirectoryName(Path.GetFullPath(path)) };
    }

    /// <summary>Bytes, such as an embedded resource.</summary>
    /// <param name="bytes">The bytes, which must not change while they are read.</param>
    /// <param name="name">What errors call them.</param>
    public static ModelSource FromBytes(ReadOnlyMemory<byte> bytes, string name = "bytes")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new(name, () => SourceFile.Open(name, () => new MemoryBytes(bytes)));
    }

    /// <summary>
    /// A stream, from its place to its end. It stays open. One that can seek is read in place when the model is loaded, and its place is
    /// undefined then; one that cannot, such as that of a network, is read into memory here. To load from a stream that has been disposed
    /// since is an <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <param name="stream">The stream; what stands before its place is left unread.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="ArgumentException">The stream cannot be read, or was disposed.</exception>
    /// <exception cref="FileFormatException">Reading failed, or there are more bytes than one array can hold.</exception>
    public static ModelSource FromStream(Stream stream, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!stream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read, or was disposed.", nameof(stream));
        }

        if (!stream.CanSeek)
        {
            return FromBytes(Gather(stream, name), name);
        }

        long start = InputFile.Naming(name, () => stream.Position);
        return new(name, () => SourceFile.Open(name, () => new StreamBytes(stream, start, owns: false)));
    }

    /// <summary>A file that is mapped to memory. It must not become shorter while it is read: the system ends the process then.</summary>
    /// <param name="file">The mapping, which stays open.</param>
    /// <param name="length">The file's length in bytes: a mapping may have more, up to the end of a page.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is below 0.</exception>
    public static ModelSource FromMappedFile(MemoryMappedFile file, long length, string name = "mapped file")
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentException.ThrowIfNullOrEmpty(name);
        // A view of length 0 would be one of everything.
        return length == 0 ? FromBytes(default, name)
            : new(name, () => SourceFile.Open(
                name, () => new StreamBytes(file.CreateViewStream(0, length, MemoryMappedFileAccess.Read), 0, owns: true)));
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="InputFileException">It cannot be opened.</exception>
    /// <exception cref="FileFormatException">It is empty.</exception>
    internal SourceFile Open() => _open();

    private static ReadOnlyMemory<byte> Gather(Stream stream, string name) => InputFile.Naming<ReadOnlyMemory<byte>>(name, () =>
    {
        var whole = new MemoryStream();
        byte[] part = new byte[1 << 16];
        while (stream.Read(part) is > 0 and var count)
        {
            if (whole.Length + count > Array.MaxLength)
            {
                throw new FileFormatException(name, "", $"has more than {Array.MaxLength} bytes");
            }

            whole.Write(part.AsSpan(0, count));
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    });
}
