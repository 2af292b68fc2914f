namespace DwEngine.Vision;

/// <summary>
/// An image that is being decoded: rows come as they are stored and are put where they stand upright, so that no second image is held.
/// </summary>
internal sealed class UprightImage
{
    private readonly byte[] _pixels;
    private readonly int _width;
    private readonly int _height;
    private readonly int _first;
    private readonly int _right;
    private readonly int _down;

    /// <param name="width">Width as stored.</param>
    /// <param name="height">Height as stored.</param>
    /// <param name="orientation">EXIF's orientation, 1 to 8.</param>
    public UprightImage(int width, int height, int orientation)
    {
        int channels = RgbImage.Channels;
        _pixels = new byte[channels * width * height];
        bool turned = orientation >= 5;
        (_width, _height) = turned ? (height, width) : (width, height);

        // Where the stored image's first pixel goes, and the steps for one stored column right and one stored row down.
        (int column, int row) = orientation switch
        {
            2 or 6 => (_width - 1, 0),
            3 or 7 => (_width - 1, _height - 1),
            4 or 8 => (0, _height - 1),
            _ => (0, 0),
        };
        int horizontal = column == 0 ? channels : -channels;
        int vertical = (row == 0 ? channels : -channels) * _width;
        _first = channels * ((row * _width) + column);
        (_right, _down) = turned ? (vertical, horizontal) : (horizontal, vertical);
    }

    /// <summary>Takes a part of a stored row.</summary>
    /// <param name="y">The stored row.</param>
    /// <param name="x">The stored column of the first pixel.</param>
    /// <param name="step">Columns from one pixel to the next.</param>
    /// <param name="rgb">The pixels, interleaved.</param>
    public void Write(int y, int x, int step, ReadOnlySpan<byte> rgb)
    {
        int target = _first + (y * _down) + (x * _right);
        int right = step * _right;
        if (right == RgbImage.Channels)
        {
            rgb.CopyTo(_pixels.AsSpan(target));
            return;
        }

        for (int source = 0; source < rgb.Length; source += RgbImage.Channels, target += right)
        {
            _pixels[target] = rgb[source];
            _pixels[target + 1] = rgb[source + 1];
            _pixels[target + 2] = rgb[source + 2];
        }
    }

    /// <summary>The finished image, which takes the pixels over.</summary>
    public RgbImage ToImage() => new(_width, _height, _pixels);
}
