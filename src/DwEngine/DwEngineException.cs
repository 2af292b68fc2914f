namespace DwEngine;

/// <summary>Base of every error that DwEngine itself raises, so that a host can catch all of them at one place.</summary>
public class DwEngineException : Exception
{
    /// <summary>Creates the error with a message that names the place and what was expected.</summary>
    public DwEngineException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with a message and the error that led to it.</summary>
    public DwEngineException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}

/// <summary>A shape that does not fit: negative or overflowing dimensions, or a tensor whose shape is not the one a layer needs.</summary>
public sealed class ShapeException(string message, Exception? innerException = null) : DwEngineException(message, innerException);

/// <summary>A graph that is not well formed: an unknown value, a cycle, a layer whose attributes contradict each other.</summary>
public sealed class GraphException(string message, Exception? innerException = null) : DwEngineException(message, innerException);

/// <summary>The system does not give what a session needs, such as another thread. What was taken before is given back.</summary>
public sealed class ResourceException(string message, Exception? innerException = null) : DwEngineException(message, innerException);

/// <summary>A file that cannot be read as what it claims to be: truncated, corrupt, hostile, or of an unknown kind.</summary>
/// <param name="file">The file's path or name.</param>
/// <param name="location">
/// The place within the file: a byte offset, a member, a tensor's name; empty where the problem is with the file as a whole.
/// </param>
/// <param name="problem">What was found there and what was expected.</param>
/// <param name="innerException">The error that led to this one, if any.</param>
public sealed class FileFormatException(string file, string location, string problem, Exception? innerException = null)
    : DwEngineException(location.Length == 0 ? $"{file}: {problem}" : $"{file}: {location}: {problem}", innerException)
{
    /// <summary>The file's path or name.</summary>
    public string File { get; } = file;

    /// <summary>The place within the file; empty for the file as a whole.</summary>
    public string Location { get; } = location;

    /// <summary>What was found and what was expected.</summary>
    public string Problem { get; } = problem;
}
