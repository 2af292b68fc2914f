namespace DwEngine;

/// <summary>
/// Base of every error that comes from data: files, graphs, shapes, weights, the names of a network's values, settings of a user, and
/// resources that the system does not give. A host can catch all of these in one place.
/// </summary>
/// <remarks>
/// Wrong use of a method by a program is no such error, and stays with the classes of .NET: an <see cref="ArgumentException"/> for an
/// argument that is null, out of range, of another element type or overlaps another, an <see cref="InvalidOperationException"/> for a call
/// at the wrong time or on a default struct, an <see cref="ObjectDisposedException"/> after disposal, and a
/// <see cref="PlatformNotSupportedException"/> for an instruction set that the CPU lacks.
/// </remarks>
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
