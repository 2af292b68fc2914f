namespace DwEngine.Vision.Frames;

/// <summary>A frame, its format or what is to be done to it does not fit.</summary>
public sealed class FrameException(string message, Exception? innerException = null) : DwEngineException(message, innerException);
