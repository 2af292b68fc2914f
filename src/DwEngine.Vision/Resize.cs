namespace DwEngine.Vision;

/// <summary>
/// Resizing with an antialiased bilinear filter, as torchvision's <c>Resize</c> does on a Pillow image: equal to it bit for bit.
/// </summary>
public static class Resize
{
    /// <summary>Resizes so that the shorter side has the given length and the sides keep their proportion.</summary>
    /// <param name="image">The image.</param>
    /// <param name="size">Length of the shorter side in pixels; the longer one's is rounded down.</param>
    /// <exception cref="ShapeException">The result would exceed <see cref="ImageDecoder.MaxPixels"/>.</exception>
    public static RgbImage ShorterSide(RgbImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        (long width, long height) = SizeFor(image.Width, image.Height, size);
        CheckResult(width, height);
        return To(image, (int)width, (int)height);
    }

    /// <summary>Resizes to the given width and height.</summary>
    /// <exception cref="ShapeException">
    /// The result, or the image of the new width and old height between the two passes, would exceed <see cref="ImageDecoder.MaxPixels"/>.
    /// </exception>
    public static RgbImage To(RgbImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        CheckResult(width, Math.Max(height, image.Height));
        if (width == image.Width && height == image.Height)
        {
            return image;
        }

        byte[] pixels = new byte[RgbImage.Channels * width * height];
        BilinearResampler.Resample(image.Pixels, image.Width, image.Height, new(width, 0, width), new(height, 0, height), pixels);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>torchvision's rule: <paramref name="size"/> for the shorter side, <c>int(size * long / short)</c> for the longer.</summary>
    internal static (long Width, long Height) SizeFor(int width, int height, int size) =>
        width <= height ? (size, (long)size * height / width) : ((long)size * width / height, size);

    /// <summary>Rejects an image that would exceed <see cref="ImageDecoder.MaxPixels"/>.</summary>
    internal static void CheckResult(long width, long height)
    {
        if (width > ImageDecoder.MaxPixels || height > ImageDecoder.MaxPixels || width * height > ImageDecoder.MaxPixels)
        {
            throw new ShapeException($"An image of {width} x {height} pixels exceeds the limit of {ImageDecoder.MaxPixels} pixels.");
        }
    }
}
