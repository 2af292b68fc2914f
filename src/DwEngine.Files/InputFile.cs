namespace DwEngine.Files;

/// <summary>Files that are to be read.</summary>
public static class InputFile
{
    /// <summary>
    /// Requires that a name leads to a file. Called before it is opened: opening a pipe waits for a writer, and reading a device may never
    /// end.
    /// </summary>
    /// <exception cref="InputFileException">There is nothing of that name, or it is a directory, a pipe, a device or a socket.</exception>
    public static void Require(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string? problem = FileStatus.Of(path)?.Kind switch
        {
            FileKind.Regular => null,
            FileKind.Directory => "is a directory; expected a file",
            FileKind.Pipe => "is a pipe; expected a file, whose length is known before it is read",
            FileKind.Device => "is a device; expected a file",
            FileKind.Socket => "is a socket; expected a file",
            _ when !FileStatus.IsAbsent(path) => null,
            _ => path == "-" ? "does not exist, and does not stand for standard input, which cannot be read; expected the name of a file"
                : "does not exist",
        };
        if (problem is not null)
        {
            throw new InputFileException(path, problem);
        }
    }

    /// <summary>Opens a file and reads from it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Reads; what it throws of the system's errors is told as the file's.</param>
    /// <exception cref="InputFileException">The name leads to no file, or the system does not let this process read it.</exception>
    public static T Read<T>(string path, Func<FileStream, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        Require(path);
        return Naming(path, () =>
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return read(stream);
        });
    }

    /// <summary>Requires that a name leads to a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="expected">What it is to hold, for the error.</param>
    /// <exception cref="InputFileException">There is nothing of that name, or it is a file.</exception>
    public static void RequireFolder(string path, string expected)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new InputFileException(path, $"{(File.Exists(path) ? "is a file" : "does not exist")}; {expected} was expected");
        }
    }

    /// <summary>Tells errors of the system as those of the file or folder that is read.</summary>
    /// <exception cref="InputFileException">The system does not let this process read it.</exception>
    public static T Naming<T>(string path, Func<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputFileException(path, "does not exist", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputFileException(path, $"cannot be read: {error.Message}", error);
        }
    }
}
