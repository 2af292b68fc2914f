namespace DwEngine.Images;

/// <summary>What a file's structure tells before its pixels are decoded.</summary>
/// <param name="Width">Stored width in pixels, before the orientation is applied.</param>
/// <param name="Height">Stored height in pixels.</param>
/// <param name="Orientation">The EXIF orientation, 1 to 8.</param>
/// <param name="End">Offset just behind the marker or chunk that ends the image; what follows is not part of it.</param>
internal readonly record struct ImageStructure(int Width, int Height, int Orientation, int End);
