using DwEngine.Vision.Frames;

namespace DwEngine.Vision.Tests.Frames;

/// <summary>Frames of noise, and what they show, pixel by pixel as the words of the formats say.</summary>
internal static class FrameReference
{
    /// <summary>A format with room between rows and planes.</summary>
    public static FrameFormat Format(PixelFormat pixels, int width, int height, Random random)
    {
        var planes = new FramePlane[pixels.PlaneCount()];
        int offset = random.Next(5);
        for (int plane = 0; plane < planes.Length; plane++)
        {
            planes[plane] = new FramePlane(offset, (int)pixels.RowBytes(plane, width) + random.Next(4));
            offset += (planes[plane].Stride * PixelFormats.Rows(plane, height)) + random.Next(7);
        }

        return new FrameFormat(pixels, width, height, [.. planes])
        {
            Matrix = (ColourMatrix)random.Next(2),
            Range = (ColourRange)random.Next(2),
            WhiteLevel = random.Next(2) == 0 ? 65535 : random.Next(1, 65536),
        };
    }

    /// <summary>What the pixel shows, before rounding.</summary>
    public static double[] Exact(FrameFormat format, ReadOnlySpan<byte> frame, int x, int y)
    {
        if (!format.Pixels.HasChroma())
        {
            (double red, double green, double blue) = Direct(format, frame, x, y);
            return [red, green, blue];
        }

        (int luma, int u, int v) = Chroma(format, frame, x, y);
        bool isLimited = format.Range == ColourRange.Limited;
        (double kr, double kb) = format.Matrix == ColourMatrix.Bt601 ? (0.299, 0.114) : (0.2126, 0.0722);
        double brightness = isLimited ? Math.Max(luma - 16, 0) / 219.0 : luma / 255.0;
        double cb = (u - 128) / (isLimited ? 224.0 : 255.0), cr = (v - 128) / (isLimited ? 224.0 : 255.0);
        double r = brightness + (2 * (1 - kr) * cr), b = brightness + (2 * (1 - kb) * cb);
        double g = (brightness - (kr * r) - (kb * b)) / (1 - kr - kb);
        return [Bound(r), Bound(g), Bound(b)];

        static double Bound(double value) => Math.Clamp(255 * value, 0, 255);
    }

    /// <summary>The frame as a file would hold it.</summary>
    public static RgbImage Picture(FrameFormat format, ReadOnlySpan<byte> frame)
    {
        byte[] pixels = new byte[3 * format.Width * format.Height];
        ColourCoefficients coefficients = new(format.Matrix, format.Range);
        for (int y = 0; y < format.Height; y++)
        {
            for (int x = 0; x < format.Width; x++)
            {
                Span<byte> pixel = pixels.AsSpan(3 * ((y * format.Width) + x), 3);
                if (format.Pixels.HasChroma())
                {
                    (int luma, int u, int v) = Chroma(format, frame, x, y);
                    (pixel[0], pixel[1], pixel[2]) = coefficients.Convert(luma, u, v);
                    continue;
                }

                (double red, double green, double blue) = Direct(format, frame, x, y);
                (pixel[0], pixel[1], pixel[2]) = (Round(red), Round(green), Round(blue));
            }
        }

        return new RgbImage(format.Width, format.Height, pixels.AsSpan());

        static byte Round(double value) => (byte)Math.Floor(value + 0.5);
    }

    /// <summary>Cuts, turns and mirrors, one after the other.</summary>
    public static RgbImage Upright(RgbImage picture, FrameTransform transform)
    {
        FrameRegion region = transform.Crop ?? new(0, 0, picture.Width, picture.Height);
        RgbImage result = Make(region.Width, region.Height, (x, y) => (region.X + x, region.Y + y), picture);
        for (int turn = 0; turn < (int)transform.Turns; turn++)
        {
            RgbImage last = result;
            result = Make(last.Height, last.Width, (x, y) => (y, last.Height - 1 - x), last);
        }

        return transform.Mirror ? Make(result.Width, result.Height, (x, y) => (result.Width - 1 - x, y), result) : result;
    }

    private static RgbImage Make(int width, int height, Func<int, int, (int X, int Y)> from, RgbImage source)
    {
        byte[] pixels = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++)
        {
            (int x, int y) = from(i % width, i / width);
            source.Pixels.Slice(3 * ((y * source.Width) + x), 3).CopyTo(pixels.AsSpan(3 * i));
        }

        return new RgbImage(width, height, pixels.AsSpan());
    }

    private static (double Red, double Green, double Blue) Direct(FrameFormat format, ReadOnlySpan<byte> frame, int x, int y)
    {
        int bytes = (int)format.Pixels.RowBytes(0, 1);
        ReadOnlySpan<byte> pixel = frame.Slice(At(format, 0, y) + (bytes * x), bytes);
        switch (format.Pixels)
        {
            case PixelFormat.Gray8:
                return (pixel[0], pixel[0], pixel[0]);
            case PixelFormat.Gray16:
                double grey = 255.0 * Math.Min(pixel[0] + (256 * pixel[1]), format.WhiteLevel) / format.WhiteLevel;
                return (grey, grey, grey);
            case PixelFormat.Rgb24 or PixelFormat.Rgba32:
                return (pixel[0], pixel[1], pixel[2]);
            default:
                return (pixel[2], pixel[1], pixel[0]);
        }
    }

    private static (int Luma, int U, int V) Chroma(FrameFormat format, ReadOnlySpan<byte> frame, int x, int y)
    {
        int first = At(format, 0, y), even = x / 2 * 2;
        switch (format.Pixels)
        {
            case PixelFormat.Yuyv:
                return (frame[first + (2 * x)], frame[first + (2 * even) + 1], frame[first + (2 * even) + 3]);
            case PixelFormat.Uyvy:
                return (frame[first + (2 * x) + 1], frame[first + (2 * even)], frame[first + (2 * even) + 2]);
            case PixelFormat.Nv12:
                return (frame[first + x], frame[At(format, 1, y / 2) + even], frame[At(format, 1, y / 2) + even + 1]);
            case PixelFormat.Nv21:
                return (frame[first + x], frame[At(format, 1, y / 2) + even + 1], frame[At(format, 1, y / 2) + even]);
            default:
                return (frame[first + x], frame[At(format, 1, y / 2) + (x / 2)], frame[At(format, 2, y / 2) + (x / 2)]);
        }
    }

    private static int At(FrameFormat format, int plane, int row) => format.Planes[plane].Offset + (row * format.Planes[plane].Stride);
}
