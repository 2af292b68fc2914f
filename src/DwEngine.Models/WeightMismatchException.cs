using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>
/// Weights that do not fit the architecture. The message has a few lines: how many tensors are missing, surplus or otherwise unfit, the
/// first of each, and the likely reason where the names tell one.
/// </summary>
public sealed class WeightMismatchException : DwEngineException
{
    /// <summary>Creates the error for weights as a whole.</summary>
    public WeightMismatchException(string message)
        : this(message, [])
    {
    }

    /// <summary>Creates the error with everything that does not fit.</summary>
    /// <param name="message">The summary.</param>
    /// <param name="problems">One sentence for each tensor that does not fit.</param>
    /// <param name="innerException">The error that led to this one, if any.</param>
    public WeightMismatchException(string message, ImmutableArray<string> problems, Exception? innerException = null)
        : base(message, innerException) => Problems = problems;

    /// <summary>
    /// One sentence for each tensor that does not fit, of which the message shows a few; empty if the weights as a whole do not fit.
    /// </summary>
    public ImmutableArray<string> Problems { get; }

    /// <summary>
    /// The same error of weights that a file holds: its message begins with the file's name, and this error is its inner one.
    /// </summary>
    public WeightMismatchException In(string file) => new($"{file}: {Message}", Problems, this);
}
