using DwEngine.Files;

namespace DwEngine.Vision.Jpeg;

/// <summary>A place in a JPEG file, for errors.</summary>
/// <param name="Name">How errors name the file.</param>
/// <param name="Offset">Offset in bytes.</param>
/// <param name="FileLength">Bytes of the whole file.</param>
internal readonly record struct JpegPlace(string Name, int Offset, int FileLength)
{
    /// <summary>The place in words.</summary>
    public string Location => $"offset {Offset}";

    /// <summary>An error here.</summary>
    public FileFormatException Error(string problem) => new(Name, Location, problem);
}
