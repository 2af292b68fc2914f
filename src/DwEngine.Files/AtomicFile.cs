namespace DwEngine.Files;

/// <summary>Writes files so that a reader, or a crash, never meets a half-written one.</summary>
public static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes to a temporary name in the folder of <paramref name="path"/>, brings the bytes to the disk, then renames over
    /// <paramref name="path"/>. When anything fails the temporary file is removed and what stood at <paramref name="path"/> is untouched.
    /// A link stays a link: the file that it names is replaced. A file that is replaced passes its mode on, and its owner where the system
    /// permits. A device and a pipe are written directly, and so is an open descriptor of this process such as <c>/dev/stdout</c>, at the
    /// place where it stands. Temporary files of processes that were killed are removed.
    /// </summary>
    /// <param name="path">The file to write, absolute or relative to the current folder.</param>
    /// <param name="write">Writes the content, in order.</param>
    /// <exception cref="IOException">
    /// The folder is missing, full or may not be written to, or <paramref name="path"/> is a directory or a file that its owner made
    /// read-only. The message does not name the file.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        (string target, FileStatus? existing) = Examine(path);
        if (LinkedPath.Descriptor(path) is { } descriptor)
        {
            using var stream = new BufferedStream(new DescriptorStream(descriptor), 1 << 16);
            write(stream);
        }
        else if (existing is { Kind: not FileKind.Regular })
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1 << 16);
            write(stream);
        }
        else
        {
            Replace(target, existing, write);
        }
    }

    /// <summary>Finds out whether <see cref="Write"/> would be refused, before the work whose result is to be written.</summary>
    /// <inheritdoc cref="Write"/>
    public static void RequireWritable(string path) => _ = Examine(path);

    private static (string Target, FileStatus? Existing) Examine(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = LinkedPath.Resolve(path) ?? throw new IOException("is a link that leads in a circle");
        FileStatus? existing = FileStatus.Of(path);
        if (existing is { Kind: FileKind.Directory })
        {
            throw new IOException("is a directory; a file name was expected");
        }

        string folder = Path.GetDirectoryName(target)!;
        if (existing is null && !Directory.Exists(folder))
        {
            throw new IOException(NoFolder(folder));
        }

        if (existing is { Kind: FileKind.Regular } && LinkedPath.Descriptor(path) is null)
        {
            RequireMayBeReplaced(path);
        }

        return (target, existing);
    }

    // The folder alone decides whether a rename may replace a file, and the superuser may write to any.
    private static void RequireMayBeReplaced(string path)
    {
        bool isReadOnly = OperatingSystem.IsWindows()
            ? File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly)
            : !File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserWrite);
        if (isReadOnly)
        {
            throw new IOException("is read-only, and so is not replaced");
        }

        using FileStream writable = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private static void Replace(string target, FileStatus? existing, Action<Stream> write)
    {
        // The same folder, because a rename is atomic only within one file system.
        string folder = Path.GetDirectoryName(target)!;
        TemporaryFile.RemoveAbandoned(folder);
        using var temporary = new TemporaryFile(folder);
        try
        {
            using (FileStream stream = Create(temporary.Path, folder, isPrivate: existing is not null))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            existing?.CopyTo(temporary.Path);
            File.Move(temporary.Path, target, overwrite: true);
        }
        catch (IOException error) when (error.Message.Contains(temporary.Path, StringComparison.Ordinal))
        {
            // A name that means nothing to the caller.
            throw new IOException(error.Message.Replace($" : '{temporary.Path}'", "", StringComparison.Ordinal), error);
        }
        catch (ArgumentOutOfRangeException error) when (error.ParamName == "value")
        {
            // What the class library makes of EFBIG.
            throw new IOException("is larger than the system lets a file of this process be", error);
        }
    }

    private static FileStream Create(string temporary, string folder, bool isPrivate)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 1 << 16,
        };
        if (isPrivate && !OperatingSystem.IsWindows())
        {
            // What it replaces may be kept from others; until it has the same mode, so is this.
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            return new FileStream(temporary, options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The system's message would name the temporary file, which means nothing to the caller.
            throw new IOException(
                Directory.Exists(folder) ? $"no file can be created in the folder {folder}" : NoFolder(folder), error);
        }
    }

    private static string NoFolder(string path) =>
        File.Exists(path) ? $"{path} is a file; a folder was expected" : $"the folder {path} does not exist";
}
