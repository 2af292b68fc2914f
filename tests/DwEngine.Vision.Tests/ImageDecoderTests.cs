using DwEngine.Files;
using Xunit;

namespace DwEngine.Vision.Tests;

public class ImageDecoderTests
{
    [Fact]
    public void BaselineJpegHasThePicturesColours() => AssertSquares(JpegSamples.Baseline, JpegSamples.Colours);

    [Fact]
    public void ProgressiveSubsampledJpegHasThePicturesColours() => AssertSquares(JpegSamples.Progressive, JpegSamples.Colours);

    [Fact]
    public void JpegWithRestartMarkersHasThePicturesColours() => AssertSquares(JpegSamples.Restart, JpegSamples.Colours);

    [Fact]
    public void AdobeCmykJpegHasThePicturesColours() => AssertSquares(JpegSamples.Cmyk, JpegSamples.Colours);

    [Fact]
    public void GreyJpegHasThePicturesLuma()
    {
        (int, int, int)[] luma = [.. JpegSamples.Colours.Select(colour => Grey((int)Math.Round(
            (0.299 * colour.Red) + (0.587 * colour.Green) + (0.114 * colour.Blue))))];
        AssertSquares(JpegSamples.Grey, luma);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void GreyPngIsScaledToEightBits(int depth)
    {
        int top = (1 << depth) - 1;
        foreach (bool interlaced in new[] { false, true })
        {
            PngWriter writer = new(13, 9, 0, depth) { Interlaced = interlaced, Filter = y => y % 3 };
            RgbImage image = Decode(writer.Write((x, y, _) => ((x * 7919) + (y * 104729)) & top));
            AssertPixels(image, 13, 9, (x, y) =>
            {
                int sample = ((x * 7919) + (y * 104729)) & top;
                return Grey(depth == 16 ? sample >> 8 : sample * 255 / top);
            });
        }
    }

    [Theory]
    [InlineData(2, 8)]
    [InlineData(2, 16)]
    [InlineData(4, 8)]
    [InlineData(4, 16)]
    [InlineData(6, 8)]
    [InlineData(6, 16)]
    public void ColourPngKeepsItsSamplesAndDropsAlpha(int colourType, int depth)
    {
        int shift = depth - 8;
        foreach (bool interlaced in new[] { false, true })
        {
            PngWriter writer = new(11, 10, colourType, depth) { Interlaced = interlaced, Filter = y => y % 3 };
            RgbImage image = Decode(writer.Write((x, y, s) => Sample(x, y, s) << shift));
            AssertPixels(image, 11, 10, (x, y) =>
                colourType == 4 ? Grey(Sample(x, y, 0)) : (Sample(x, y, 0), Sample(x, y, 1), Sample(x, y, 2)));
        }

        static int Sample(int x, int y, int s) => ((x * 23) + (y * 41) + (s * 67)) & 255;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void PalettePngDropsTransparency(int depth)
    {
        int colours = 1 << depth;
        byte[] palette = [.. Enumerable.Range(0, 3 * colours).Select(i => (byte)(i * 37))];
        foreach (bool interlaced in new[] { false, true })
        {
            PngWriter writer = new PngWriter(9, 12, 3, depth) { Interlaced = interlaced }.With("PLTE", palette).With("tRNS", 0, 128);
            RgbImage image = Decode(writer.Write((x, y, _) => (x + (3 * y)) % colours));
            AssertPixels(image, 9, 12, (x, y) =>
            {
                int entry = 3 * ((x + (3 * y)) % colours);
                return (palette[entry], palette[entry + 1], palette[entry + 2]);
            });
        }
    }

    [Fact]
    public void TransparentColourKeepsItsValue()
    {
        byte[] png = new PngWriter(2, 1, 2, 8).With("tRNS", 0, 10, 0, 20, 0, 30).Write((x, _, s) => (x + 1) * (s + 1) * 10);
        AssertPixels(Decode(png), 2, 1, (x, _) => ((x + 1) * 10, (x + 1) * 20, (x + 1) * 30));
    }

    [Fact]
    public void TrailingBytesAreNotPartOfTheImage()
    {
        AssertSquares([.. JpegSamples.Baseline, .. new byte[100], .. JpegSamples.Grey], JpegSamples.Colours);
        byte[] png = new PngWriter(3, 3, 0, 8).Write((x, y, _) => x + y);
        AssertPixels(Decode([.. png, .. new byte[100]]), 3, 3, (x, y) => Grey(x + y));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void OrientationIsApplied(int orientation)
    {
        const int Columns = JpegSamples.Width / JpegSamples.Square;
        const int Rows = JpegSamples.Height / JpegSamples.Square;
        (int Columns, int Rows) upright = orientation < 5 ? (Columns, Rows) : (Rows, Columns);
        foreach (bool littleEndian in new[] { false, true })
        {
            RgbImage image = Decode(JpegSamples.WithOrientation(JpegSamples.Baseline, orientation, littleEndian));
            Assert.Equal((upright.Columns * JpegSamples.Square, upright.Rows * JpegSamples.Square), (image.Width, image.Height));
            for (int y = 0; y < upright.Rows; y++)
            {
                for (int x = 0; x < upright.Columns; x++)
                {
                    // EXIF names the sides of the stored image that row 0 and column 0 are shown at.
                    (int column, int row) = orientation switch
                    {
                        1 => (x, y),
                        2 => (Columns - 1 - x, y),
                        3 => (Columns - 1 - x, Rows - 1 - y),
                        4 => (x, Rows - 1 - y),
                        5 => (y, x),
                        6 => (y, Rows - 1 - x),
                        7 => (Columns - 1 - y, Rows - 1 - x),
                        _ => (Columns - 1 - y, x),
                    };
                    AssertSquare(image, x, y, JpegSamples.Colours[(row * Columns) + column]);
                }
            }
        }
    }

    [Fact]
    public void OrientationOfAPngIsApplied()
    {
        byte[] tiff = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
        RgbImage image = Decode(new PngWriter(2, 3, 0, 8).With("eXIf", tiff).Write((x, y, _) => (10 * y) + x));
        AssertPixels(image, 3, 2, (x, y) => Grey((10 * (2 - x)) + y));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(255)]
    public void UnknownOrientationCountsAsUpright(int orientation) =>
        AssertSquares(JpegSamples.WithOrientation(JpegSamples.Baseline, orientation, littleEndian: true), JpegSamples.Colours);

    [Fact]
    public void MalformedExifCountsAsUpright()
    {
        byte[] exif = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6];
        for (int length = 0; length < exif.Length; length++)
        {
            AssertSquares(JpegSamples.Insert(JpegSamples.Baseline, 0xE1, exif[..length]), JpegSamples.Colours);
        }

        exif[10] = 0xFF;
        AssertSquares(JpegSamples.Insert(JpegSamples.Baseline, 0xE1, exif), JpegSamples.Colours);
    }

    [Fact]
    public void LoadReadsAFileWhateverItsName()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllBytes(path, JpegSamples.Baseline);
            Assert.Equal(Decode(JpegSamples.Baseline).Pixels, ImageDecoder.Load(path).Pixels);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void WhatCannotBeReadIsATypedErrorThatNamesTheFile()
    {
        string missing = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Equal(missing, Assert.Throws<InputFileException>(() => ImageDecoder.Load(missing)).File);
        Assert.Equal(Path.GetTempPath(), Assert.Throws<InputFileException>(() => ImageDecoder.Load(Path.GetTempPath())).File);
    }

    internal static RgbImage Decode(byte[] bytes) => ImageDecoder.Decode(bytes, "test image");

    private static (int, int, int) Grey(int value) => (value, value, value);

    private static void AssertSquares(byte[] file, (int, int, int)[] colours)
    {
        RgbImage image = Decode(file);
        Assert.Equal((JpegSamples.Width, JpegSamples.Height), (image.Width, image.Height));
        const int Columns = JpegSamples.Width / JpegSamples.Square;
        for (int i = 0; i < colours.Length; i++)
        {
            AssertSquare(image, i % Columns, i / Columns, colours[i]);
        }
    }

    private static void AssertSquare(RgbImage image, int column, int row, (int Red, int Green, int Blue) expected)
    {
        int x = (column * JpegSamples.Square) + (JpegSamples.Square / 2);
        int y = (row * JpegSamples.Square) + (JpegSamples.Square / 2);
        ReadOnlySpan<byte> pixel = image.Pixels.Slice(3 * ((y * image.Width) + x), 3);
        Assert.InRange(pixel[0], expected.Red - 2, expected.Red + 2);
        Assert.InRange(pixel[1], expected.Green - 2, expected.Green + 2);
        Assert.InRange(pixel[2], expected.Blue - 2, expected.Blue + 2);
    }

    private static void AssertPixels(RgbImage image, int width, int height, Func<int, int, (int Red, int Green, int Blue)> expected)
    {
        Assert.Equal((width, height), (image.Width, image.Height));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                ReadOnlySpan<byte> pixel = image.Pixels.Slice(3 * ((y * width) + x), 3);
                Assert.Equal(expected(x, y), (pixel[0], pixel[1], pixel[2]));
            }
        }
    }
}
