namespace DwEngine.Files;

/// <summary>Files that are to be read.</summary>
public static class InputFile
{
    /// <summary>
    /// Requires that a name leads to a file. Called before it is opened: opening a pipe waits for a writer, and reading a device may never end.
    /// </summary>
    /// <exception cref="FileFormatException">There is nothing of that name, or it is a directory, a pipe, a device or a socket.</exception>
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
            _ => path == "-" ? "does not exist, and does not stand for standard input, which cannot be read; expected the name of a file" : "does not exist",
        };
        if (problem is not null)
        {
            throw new FileFormatException(path, "", problem);
        }
    }
}
