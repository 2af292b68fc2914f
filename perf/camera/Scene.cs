using DwEngine.Vision;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

namespace DwEngine.CameraComparison;

/// <summary>Frames of one kind, and the square input that they become.</summary>
internal sealed record Scene(bool IsNv12, int Width, int Height, int Side)
{
    public static float[] Mean => [0.485f, 0.456f, 0.406f];

    public static float[] Deviation => [0.229f, 0.224f, 0.225f];

    public FrameFormat Format { get; } = new(IsNv12 ? PixelFormat.Nv12 : PixelFormat.Yuyv, Width, Height);

    /// <summary>A frame of waves and some noise, as a camera's is neither flat nor noise alone.</summary>
    public byte[] Frame(int seed = 1)
    {
        var random = new Random(seed);
        byte[] frame = new byte[Format.Length];
        for (int i = 0; i < frame.Length; i++)
        {
            frame[i] = (byte)(128 + (80 * Math.Sin(i / 97.0)) + (25 * Math.Sin(i / 70000.0)) + random.Next(-8, 9));
        }

        return frame;
    }

    /// <summary>A YUYV frame that shows a picture, each pixel the nearest one (BT.601, limited range).</summary>
    public byte[] FrameOf(RgbImage picture)
    {
        byte[] frame = new byte[Format.Length];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                ReadOnlySpan<byte> rgb = picture.Pixels.Slice(
                    3 * ((y * picture.Height / Height * picture.Width) + (x * picture.Width / Width)), 3);
                double luma = (0.299 * rgb[0]) + (0.587 * rgb[1]) + (0.114 * rgb[2]);
                double chroma = x % 2 == 0 ? (rgb[2] - luma) / 1.772 : (rgb[0] - luma) / 1.402;
                int at = 2 * ((y * Width) + x);
                frame[at] = (byte)Math.Round(16 + (luma * 219 / 255));
                frame[at + 1] = (byte)Math.Clamp(Math.Round(128 + (chroma * 224 / 255)), 16, 240);
            }
        }

        return frame;
    }

    /// <summary>Our side.</summary>
    public FrameConverter Converter() =>
        new PictureInput(
            new DetectorPreprocessing { Mean = [.. Mean], StandardDeviation = [.. Deviation] }, Side, Side)
            .CreateConverter(Format);

    public override string ToString() => $"{Format} to {Side}x{Side}";
}
