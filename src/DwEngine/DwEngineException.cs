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
