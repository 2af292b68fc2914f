namespace DwEngine.Decomposition;

/// <summary>A decomposition that cannot be made as asked: a rank out of range, an unknown method.</summary>
public sealed class DecompositionException(string message, Exception? innerException = null) : DwEngineException(message, innerException);
