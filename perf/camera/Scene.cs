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

    /// <summary>Our side.</summary>
    public FrameConverter Converter() =>
        new PictureInput(
            new DetectorPreprocessing { Mean = [.. Mean], StandardDeviation = [.. Deviation] }, Side, Side)
            .CreateConverter(Format);

    public override string ToString() => $"{Format} to {Side}x{Side}";
}
