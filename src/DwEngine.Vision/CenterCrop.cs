namespace DwEngine.Vision;

/// <summary>Cutting a square from the middle, as torchvision's <c>CenterCrop</c> does.</summary>
public static class CenterCrop
{
    /// <summary>The middle square of the image; where the image is smaller than the square, black surrounds it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="size">The square's side in pixels.</param>
    /// <exception cref="ShapeException">The square would exceed <see cref="ImageDecoder.MaxPixels"/>.</exception>
    public static RgbImage Apply(RgbImage image, int size)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Resize.CheckResult(size, size);
        if (image.Width == size && image.Height == size)
        {
            return image;
        }

        Extent columns = Extent.Center(image.Width, size);
        Extent rows = Extent.Center(image.Height, size);
        byte[] pixels = new byte[RgbImage.Channels * size * size];
        for (int y = 0; y < rows.Length; y++)
        {
            int source = RgbImage.Channels * (((int)rows.Source + y) * image.Width + (int)columns.Source);
            int target = RgbImage.Channels * ((rows.Target + y) * size + columns.Target);
            image.Pixels.Slice(source, RgbImage.Channels * columns.Length).CopyTo(pixels.AsSpan(target));
        }

        return new RgbImage(size, size, pixels);
    }

    /// <summary>The part of one axis that a crop keeps.</summary>
    /// <param name="Source">Where it begins in the image.</param>
    /// <param name="Target">Where it begins in the crop; above 0 where the image is smaller.</param>
    /// <param name="Length">How many pixels it has.</param>
    internal readonly record struct Extent(long Source, int Target, int Length)
    {
        /// <summary>The middle of an axis; an odd remainder is rounded to even, as Python's <c>round</c> does.</summary>
        public static Extent Center(long imageLength, int cropLength) =>
            imageLength < cropLength
                ? new(0, (cropLength - (int)imageLength) / 2, (int)imageLength)
                : new((long)Math.Round((imageLength - cropLength) / 2.0, MidpointRounding.ToEven), 0, cropLength);
    }
}
