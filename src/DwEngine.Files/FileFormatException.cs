namespace DwEngine.Files;

/// <summary>A file that cannot be read as what it claims to be: truncated, corrupt, hostile, or of an unknown kind. Where it cannot be read
/// at all, it is an <see cref="InputFileException"/>.</summary>
/// <param name="file">The file's path or name.</param>
/// <param name="location">
/// The place within the file: a byte offset, a member, a tensor's name; empty where the problem is with the file as a whole.
/// </param>
/// <param name="problem">What was found there and what was expected.</param>
/// <param name="innerException">The error that led to this one, if any.</param>
public class FileFormatException(string file, string location, string problem, Exception? innerException = null)
    : DwEngineException(location.Length == 0 ? $"{file}: {problem}" : $"{file}: {location}: {problem}", innerException)
{
    /// <summary>The file's path or name.</summary>
    public string File { get; } = file;

    /// <summary>The place within the file; empty for the file as a whole.</summary>
    public string Location { get; } = location;

    /// <summary>What was found and what was expected.</summary>
    public string Problem { get; } = problem;
}
