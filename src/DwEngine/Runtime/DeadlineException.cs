namespace DwEngine.Runtime;

/// <summary>
/// A run was stopped between two steps because its time was over. Its outputs are incomplete; the session can run again at once.
/// </summary>
/// <remarks>As with every <see cref="OperationCanceledException"/>, nothing is wrong with the data.</remarks>
public sealed class DeadlineException(string message, Exception? innerException = null)
    : OperationCanceledException(message, innerException);
