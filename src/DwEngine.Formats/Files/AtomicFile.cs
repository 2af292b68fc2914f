namespace DwEngine.Formats.Files;

/// <summary>Writes files so that a reader, or a crash, never meets a half-written one.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes to a temporary name in the folder of <paramref name="path"/>, brings the bytes to the disk, then renames over
    /// <paramref name="path"/>. When anything fails the temporary file is removed and what stood at <paramref name="path"/> is untouched.
    /// </summary>
    /// <param name="path">The file to write, absolute or relative to the current folder.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The folder is missing or full, or <paramref name="path"/> is a directory.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        if (Directory.Exists(target))
        {
            throw new IOException($"{path} is a directory; expected a file name.");
        }

        // The same folder, because a rename is atomic only within one file system.
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
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
