namespace DwEngine.Vision;

/// <summary>
/// An immutable image of 8-bit red, green and blue samples, interleaved: the pixel in column x and row y begins at
/// <c>3 * (y * Width + x)</c>. Safe to share between threads.
/// </summary>
public sealed class RgbImage
{
    /// <summary>Samples in a pixel: red, green, blue.</summary>
    public const int Channels = 3;

    private readonly byte[] _pixels;

    /// <summary>Copies the pixels.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="pixels">Interleaved samples, <c>3 * width * height</c> of them.</param>
    /// <exception cref="ShapeException">A side is below 1, or the number of samples is not the one that the sides give.</exception>
    public RgbImage(int width, int height, ReadOnlySpan<byte> pixels)
        : this(width, height, pixels.ToArray())
    {
    }

    /// <summary>Takes the array over; the caller must not write to it afterwards.</summary>
    internal RgbImage(int width, int height, byte[] pixels)
    {
        CheckLength(width, height, pixels.Length);
        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The interleaved samples, <c>3 * Width * Height</c> of them.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    internal static void CheckLength(int width, int height, int length)
    {
        if (width < 1 || height < 1)
        {
            throw new ShapeException($"An image of {width} x {height} pixels has no content; both sides must be at least 1.");
        }

        long expected = (long)width * height * Channels;
        if (length != expected)
        {
            throw new ShapeException($"An RGB image of {width} x {height} pixels has {Words.Count(expected, "sample")}, not {length}.");
        }
    }
}
