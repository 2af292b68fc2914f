using System.Globalization;
using DwEngine.Files;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>What a decoding may hold.</summary>
public class ImageMemoryTests
{
    private const int Slack = 2_000_000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 6)]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public void ABaselineJpegTakesItsFileAndOnePicture(int components, int orientation)
    {
        const int Side = 3000;
        byte[] jpeg = new FlatJpeg(Side, Side) { Components = components }.Write();
        AssertAllocates(JpegSamples.WithOrientation(jpeg, orientation, littleEndian: true), RgbImage.Channels * Side * Side);
    }

    [Fact]
    public void AProgressiveJpegTakesItsCoefficientsToo()
    {
        const int Side = 2048;
        FlatJpeg jpeg = new(Side, Side) { Progressive = true };
        byte[] file = jpeg.Write(jpeg.Scan(0, 0, 0, 0), jpeg.Scan(1, 63, 0, 0));
        AssertAllocates(file, (RgbImage.Channels + sizeof(short)) * Side * Side);
    }

    [Theory]
    [InlineData(0, 16, false)]
    [InlineData(6, 8, true)]
    public void APngTakesItsFileAndOnePicture(int colourType, int depth, bool interlaced)
    {
        const int Side = 1000;
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0];
        byte[] file = new PngWriter(Side, Side, colourType, depth) { Interlaced = interlaced }.With("eXIf", exif).Write((_, _, _) => 7);
        AssertAllocates(file, RgbImage.Channels * Side * Side);
    }

    [Fact]
    public void AProgressiveJpegBeyondTheBoundIsRefusedBeforeItIsHeld()
    {
        FlatJpeg jpeg = new(11500, 11500) { Progressive = true, Components = 3 };
        AssertRefused(jpeg.Write());
    }

    [Fact]
    public void APngBeyondTheBoundIsRefusedBeforeItIsHeld()
    {
        byte[] file = new PngWriter(1, 1, 6, 16).With("tEXt", new byte[100_000]).Write((_, _, _) => 0);
        List<(string Type, byte[] Data)> chunks = PngWriter.Chunks(file);
        (chunks[0].Data[0], chunks[0].Data[3]) = (4, 0);
        AssertRefused(PngWriter.File(chunks));
    }

    private static void AssertAllocates(byte[] file, long picture)
    {
        _ = ImageDecoderTests.Decode(file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = ImageDecoderTests.Decode(file);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, picture, file.Length + picture + Slack);
    }

    private static void AssertRefused(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoderTests.Decode(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2 * file.Length) + Slack);
        Assert.Contains(
            $"at most {ImageDecoder.MaxMemory.ToString(CultureInfo.InvariantCulture)} was expected", error.Problem,
            StringComparison.Ordinal);
    }
}
