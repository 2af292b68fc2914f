using DwEngine.Files;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using SkiaSharp;

namespace DwEngine.Cli.Output;

/// <summary>Draws boxes with labels into copies of pictures.</summary>
internal static class BoxDrawing
{
    private const int JpegQuality = 95;

    // Neighbouring classes get colours that are far apart.
    private const float GoldenAngle = 137.5f;

    /// <summary>Whether this machine has a font for labels.</summary>
    public static bool HasFont => SKTypeface.Default.ContainsGlyph('a');

    /// <summary>The name of a picture's copy: its own for JPEG and PNG, else with <c>.png</c> behind it.</summary>
    public static string NameOf(string image) =>
        IsJpeg(image) || Path.GetExtension(image).Equals(".png", StringComparison.OrdinalIgnoreCase)
            ? Path.GetFileName(image)
            : Path.GetFileName(image) + ".png";

    /// <summary>Writes a copy, complete or not at all.</summary>
    /// <param name="path">The copy; its extension says the format.</param>
    /// <param name="image">The picture.</param>
    /// <param name="objects">What to draw.</param>
    /// <exception cref="CommandException">It cannot be written.</exception>
    public static void Write(string path, RgbImage image, IReadOnlyList<DetectedObject> objects)
    {
        using SKBitmap bitmap = ToBitmap(image);
        using (var canvas = new SKCanvas(bitmap))
        {
            // The best last, on top of the others.
            foreach (DetectedObject found in objects.Reverse())
            {
                Draw(canvas, found, Math.Max(image.Width, image.Height));
            }
        }

        using SKData data = bitmap.Encode(IsJpeg(path) ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, JpegQuality)
            ?? throw new CommandException($"{path}: a picture of {image.Width} x {image.Height} pixels cannot be encoded.");
        try
        {
            AtomicFile.Write(path, data.SaveTo);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    private static bool IsJpeg(string path) => Path.GetExtension(path).ToLowerInvariant() is ".jpg" or ".jpeg";

    private static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> target = bitmap.GetPixelSpan();
        ReadOnlySpan<byte> source = image.Pixels;
        for (int from = 0, to = 0; from < source.Length; from += RgbImage.Channels, to += 4)
        {
            source.Slice(from, RgbImage.Channels).CopyTo(target[to..]);
            target[to + RgbImage.Channels] = byte.MaxValue;
        }

        return bitmap;
    }

    private static void Draw(SKCanvas canvas, DetectedObject found, int longSide)
    {
        float line = Math.Max(1, longSide / 300f);
        using var paint = new SKPaint
        {
            Color = ColourOf(found.Label),
            IsStroke = true,
            StrokeWidth = line,
            IsAntialias = true,
        };
        var box = new SKRect(found.Box.X1, found.Box.Y1, found.Box.X2, found.Box.Y2);
        canvas.DrawRect(box, paint);
        using var font = new SKFont(SKTypeface.Default, Math.Max(10, longSide / 45f));
        string text = $"{found.Label} {Format.Fixed(found.Score, 2)}";
        float width = font.MeasureText(text), left = Math.Max(box.Left, 0), top = Math.Max(box.Top - font.Spacing, 0);
        paint.IsStroke = false;
        canvas.DrawRect(left, top, width + (2 * line), font.Spacing, paint);
        paint.Color = SKColors.Black;
        canvas.DrawText(text, left + line, top - font.Metrics.Ascent, font, paint);
    }

    private static SKColor ColourOf(string label)
    {
        int sum = 0;
        foreach (char letter in label)
        {
            sum = unchecked((sum * 31) + letter);
        }

        return SKColor.FromHsl((uint)sum % 720 * GoldenAngle % 360, 90, 60);
    }
}
