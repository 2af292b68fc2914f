namespace DwEngine.Files;

/// <summary>
/// A file, or what stands in for one, open for reading. Its length is known: every read is checked against it before memory is taken for
/// it.
/// </summary>
internal sealed class SourceFile : IDisposable
{
    private readonly ISourceBytes _bytes;

    private SourceFile(string path, ISourceBytes bytes)
    {
        Path = path;
        _bytes = bytes;
        Length = bytes.Length;
    }

    /// <summary>The path, or the name that the caller gave to what stands in for a file.</summary>
    public string Path { get; }

    public long Length { get; }

    /// <exception cref="InputFileException">The path names no readable file.</exception>
    /// <exception cref="FileFormatException">The file is empty.</exception>
    public static SourceFile Open(string path)
    {
        InputFile.Require(path);
        return Open(path, () => new HandleBytes(path));
    }

    /// <summary>Opens what a source stands for.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="open">Opens it; what it throws of the system's errors is told as that of a file.</param>
    /// <exception cref="InputFileException">It cannot be opened.</exception>
    /// <exception cref="FileFormatException">It is empty.</exception>
    public static SourceFile Open(string name, Func<ISourceBytes> open)
    {
        SourceFile file = InputFile.Naming(name, () =>
        {
            ISourceBytes bytes = open();
            try
            {
                return new SourceFile(name, bytes);
            }
            catch
            {
                bytes.Dispose();
                throw;
            }
        });
        if (file.Length == 0)
        {
            file.Dispose();
            throw new FileFormatException(name, "", "is empty");
        }

        return file;
    }

    public FileFormatException Error(string location, string problem, Exception? innerException = null) =>
        new(Path, location, problem, innerException);

    /// <summary>Reads exactly as many bytes as <paramref name="destination"/> holds, starting at <paramref name="offset"/>.</summary>
    public void Read(long offset, Span<byte> destination, string location)
    {
        Demand(offset, destination.Length, location);
        while (!destination.IsEmpty)
        {
            int count;
            try
            {
                count = _bytes.Read(offset, destination);
            }
            catch (Exception error) when (error is IOException or NotSupportedException)
            {
                throw Error(location, $"cannot be read: {error.Message}", error);
            }

            if (count == 0)
            {
                throw Error(location, $"the file ends at byte {offset}; it was longer when it was opened");
            }

            offset += count;
            destination = destination[count..];
        }
    }

    /// <summary>Reads <paramref name="count"/> bytes into a new array, which is taken only after the file is known to hold them.</summary>
    public byte[] ReadArray(long offset, long count, string location)
    {
        Demand(offset, count, location);
        if (count > Array.MaxLength)
        {
            throw Error(location, $"{Words.Count(count, "byte")} are more than one tensor can hold ({Array.MaxLength})");
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)count);
        Read(offset, bytes, location);
        return bytes;
    }

    public void Dispose() => _bytes.Dispose();

    private void Demand(long offset, long count, string location)
    {
        if (offset < 0 || count < 0 || offset > Length || count > Length - offset)
        {
            throw Error(
                location, $"{Words.Count(count, "byte")} from byte {offset} are wanted; the file has {Words.Count(Length, "byte")}");
        }
    }
}
