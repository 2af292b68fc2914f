namespace DwEngine.Formats.Files;

/// <summary>Writes files so that a reader, or a crash, never meets a half-written one.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes to a temporary name in the folder of <paramref name="path"/>, brings the bytes to the disk, then renames over
    /// <paramref name="path"/>. When anything fails the temporary file is removed and what stood at <paramref name="path"/> is untouched.
    /// A link stays a link: the file that it names is written. A device, a pipe and a file that is empty so far are written in place,
    /// for a rename would put a file where the device was.
    /// </summary>
    /// <param name="path">The file to write, absolute or relative to the current folder.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">
    /// The folder is missing, full or may not be written to, or <paramref name="path"/> is a directory. The message does not name the file.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new IOException("is a directory; a file name was expected");
        }

        string final = new FileInfo(target).LinkTarget is null ? target : File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;
        if (OpenInPlace(target, final) is { } existing)
        {
            WriteInPlace(existing, write);
            return;
        }

        target = final;
        // The same folder, because a rename is atomic only within one file system.
        string folder = Path.GetDirectoryName(target)!;
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream stream = Create(temporary, folder))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Opens what may not be replaced: a device, a pipe, a file with nothing to lose; null if there is none of that kind.</summary>
    private static FileStream? OpenInPlace(string path, string final)
    {
        // Devices and pipes have no length. What a link such as /dev/stdout leads to need not even have a name, so only opening tells it
        // from a link to a file that is still to be made.
        var found = new FileInfo(final);
        if (found.Exists ? found.Length > 0 : path == final)
        {
            return null;
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1 << 16);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void WriteInPlace(FileStream file, Action<Stream> write)
    {
        using FileStream stream = file;
        try
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }
        catch when (stream.CanSeek)
        {
            stream.SetLength(0);
            throw;
        }
    }

    private static FileStream Create(string temporary, string folder)
    {
        try
        {
            return new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The system's message would name the temporary file, which means nothing to the caller.
            throw new IOException(
                Directory.Exists(folder) ? $"no file can be created in the folder {folder}" : $"the folder {folder} does not exist", error);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The error that led here says more than this one would.
        }
    }
}
