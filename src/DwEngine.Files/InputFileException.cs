namespace DwEngine.Files;

/// <summary>
/// A name that leads to nothing that can be read: there is nothing, or a folder in place of a file or a file in place of a folder, or a
/// pipe, device or socket, or the system does not let this process read it. The same for weights, pictures, labels, statistics and folders.
/// </summary>
/// <param name="file">The path.</param>
/// <param name="problem">What was found there and what was expected.</param>
/// <param name="innerException">The error that led to this one, if any.</param>
public sealed class InputFileException(string file, string problem, Exception? innerException = null)
    : FileFormatException(file, "", problem, innerException);
