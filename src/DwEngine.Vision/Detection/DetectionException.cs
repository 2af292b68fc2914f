namespace DwEngine.Vision.Detection;

/// <summary>Outputs of a network that no box can be read from; the message says what was expected.</summary>
public sealed class DetectionException(string message, Exception? innerException = null) : DwEngineException(message, innerException);
