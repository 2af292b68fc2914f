namespace DwEngine.Vision.Detection;

/// <summary>Outputs of a network that no box can be read from; the message says what was expected.</summary>
public sealed class DetectionException(string message, Exception? innerException = null) : DwEngineException(message, innerException)
{
    /// <summary>How many classes the outputs have where the number of labels is all that does not fit; else null.</summary>
    public int? ExpectedClasses { get; internal init; }
}
