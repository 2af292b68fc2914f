using DwEngine.Files;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>Truncated, corrupt and hostile files: a typed error that names the file, or an image; nothing else.</summary>
public class HostileImageTests
{
    private static readonly byte[][] s_files =
    [
        JpegSamples.Baseline,
        JpegSamples.Progressive,
        JpegSamples.Grey,
        JpegSamples.Cmyk,
        JpegSamples.Restart,
        new PngWriter(19, 11, 2, 8) { Filter = y => y % 3 }.Write((x, y, s) => (x * y * (s + 1)) & 255),
        new PngWriter(19, 11, 3, 4) { Interlaced = true }.With("PLTE", new byte[48]).Write((x, y, _) => (x + y) & 15),
    ];

    [Fact]
    public void EveryTruncationIsATypedError()
    {
        foreach (byte[] file in s_files)
        {
            // A PNG's pixels are whole once all of its data chunks are; their own checksum tells.
            int needed = file[0] == 0xFF ? file.Length : file.AsSpan().LastIndexOf("IEND"u8) - 8;
            for (int length = 0; length < needed; length++)
            {
                FileFormatException error = Rejected(file[..length]);
                Assert.StartsWith("hostile: ", error.Message, StringComparison.Ordinal);
                Assert.Contains("expected", error.Problem, StringComparison.Ordinal);
            }
        }
    }

    [Property(MaxTest = 600)]
    public Property FlippedBitsGiveATypedErrorOrTheSameImageTwice()
    {
        Gen<(byte[] File, int Bit)> flips =
            from file in Gen.Elements(s_files)
            from bit in Gen.Choose(0, (file.Length * 8) - 1)
            select (file, bit);
        return Prop.ForAll(flips.ListOf(3).ToArbitrary(), list =>
        {
            byte[] damaged = [.. list[0].File];
            foreach ((_, int bit) in list)
            {
                damaged[bit / 8 % damaged.Length] ^= (byte)(1 << (bit % 8));
            }

            return Outcome(damaged) == Outcome(damaged);
        });
    }

    [Property(MaxTest = 300)]
    public bool AnyBytesBehindASignatureGiveATypedErrorOrAnImage(byte[] tail)
    {
        _ = Outcome([0xFF, 0xD8, 0xFF, .. tail]);
        _ = Outcome([0x89, .. "PNG\r\n\x1a\n"u8, .. tail]);
        return Outcome(tail) is not null;
    }

    [Theory]
    [InlineData(0xC2, 0xC9, "coding process 9")]
    [InlineData(0xC2, 0xC3, "coding process 3")]
    public void OtherCodingProcessesAreRejected(byte marker, byte replacement, string problem)
    {
        byte[] file = JpegSamples.Progressive;
        file[JpegSamples.Find(file, marker) + 1] = replacement;
        Assert.Contains(problem, Rejected(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JpegThatDeclaresMoreThanItCanHoldIsRejectedBeforeDecoding()
    {
        byte[] file = JpegSamples.Baseline;
        int frame = JpegSamples.Find(file, 0xC0);
        file.AsSpan(frame + 5, 4).Fill(0xFF);
        Assert.Contains("65535 x 65535", Rejected(file).Problem, StringComparison.Ordinal);

        file.AsSpan(frame + 5, 4).Clear();
        file[frame + 5] = file[frame + 7] = 0x20;
        Assert.Contains("8192 x 8192 pixels, but a file of its length", Rejected(file).Problem, StringComparison.Ordinal);

        file.AsSpan(frame + 5, 2).Clear();
        Assert.Contains("at least 1", Rejected(file).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFFu, "at most 134217728")]
    [InlineData(1u << 27, 2u, "at most 134217728")]
    [InlineData(1u << 13, 1u << 13, "a file of its length")]
    [InlineData(0u, 5u, "at least 1")]
    public void PngThatDeclaresMoreThanItCanHoldIsRejectedBeforeDecoding(uint width, uint height, string problem)
    {
        byte[] file = new PngWriter(1, 1, 0, 8).Write((_, _, _) => 0);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(16), width);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(20), height);
        FileFormatException error = Rejected(file);
        Assert.Equal("header (IHDR)", error.Location);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void PngThatInflatesToAnotherLengthIsRejected()
    {
        PngWriter bomb = new(4, 4, 0, 8) { Spoil = rows => [.. rows, .. new byte[50_000_000]] };
        byte[] file = bomb.Write((_, _, _) => 0);
        Assert.True(file.Length < 1_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("more than 1048576 bytes behind the pixels; 20 bytes", Rejected(file).Problem, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 * file.Length);

        PngWriter scant = new(4, 4, 0, 8) { Spoil = rows => rows[..^1] };
        file = scant.Write((_, _, _) => 0);
        Assert.Contains("only 19 bytes of pixels; 20 were expected", Rejected(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void PngWithAnUnknownFilterIsRejected() =>
        _ = Rejected(new PngWriter(4, 4, 0, 8) { Spoil = rows => [9, .. rows[1..]] }.Write((_, _, _) => 0));

    [Fact]
    public void PngWithAnImpossibleColourTypeIsRejected()
    {
        byte[] file = new PngWriter(4, 4, 5, 8).Write((_, _, _) => 0);
        Assert.Contains("colour type 5 with 8 bits", Rejected(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingRestartMarkersAreRejected()
    {
        byte[] file = JpegSamples.Restart;
        int restart = JpegSamples.Find(file, 0xD3);
        byte[] scant = [.. file[..restart], .. file[^2..]];
        Assert.Contains("restart markers; 23", Rejected(scant).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedSegmentBetweenScansIsRejected()
    {
        byte[] file = JpegSamples.Progressive;
        int firstScan = JpegSamples.Find(file, 0xDA);
        int table = firstScan + file.AsSpan(firstScan).IndexOf([(byte)0xFF, (byte)0xC4]);
        file[table + 4] = 0x77;
        Assert.Contains("a Huffman table of class 7 and number 7", Rejected(file).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xC4, 2 + 2 + 16, 0x80)]
    [InlineData(0xDB, 2 + 2, 0x10)]
    public void TablesLongerThanTheirSegmentAreRejected(byte marker, int position, byte more)
    {
        byte[] file = JpegSamples.Grey;
        file[JpegSamples.Find(file, marker) + position] += more;
        Assert.Contains("table that its segment is too short for", Rejected(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ThousandsOfScansAreRejected()
    {
        // Each scan tells one bit of one coefficient, zero in every block, so that each is needed.
        FlatJpeg flat = new(48, 32) { Progressive = true };
        List<byte[]> scans = [flat.Scan(0, 0, 0, 0)];
        for (int coefficient = 1; coefficient < 64; coefficient++)
        {
            for (int bit = 13; bit >= 0; bit--)
            {
                scans.Add(flat.Scan(coefficient, coefficient, bit == 13 ? 0 : bit + 1, bit));
            }
        }

        Assert.Contains("more than 128 scans", Rejected(flat.Write([.. scans])).Problem, StringComparison.Ordinal);
        Assert.Equal(128, ImageDecoder.Decode(flat.Write(flat.Scan(0, 0, 0, 0), flat.Scan(1, 63, 0, 0)), "flat").Pixels[0]);
    }

    [Fact]
    public void ASecondScanOfTheSameIsRejected()
    {
        byte[] file = JpegSamples.Grey;
        byte[] twice = [.. file[..^2], .. file[JpegSamples.Find(file, 0xDA)..]];
        Assert.Contains("a second scan of component 1", Rejected(twice).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ASecondStartOfImageIsRejected()
    {
        byte[] file = JpegSamples.Grey;
        byte[] cut = [.. file[..JpegSamples.Find(file, 0xDA)], .. file];
        Assert.Contains("a second start of image", Rejected(cut).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("GIF89a", "starts with 47494638, as GIF files do; only JPEG and PNG are read")]
    [InlineData("BM6", "as BMP files do")]
    [InlineData("II*\0", "as TIFF files do")]
    [InlineData("RIFF\u0001\u0001\u0001\u0001WEBPVP8 ", "as WebP files do")]
    [InlineData("P6 1 1", "starts with 50362031; a JPEG (FFD8FF) or PNG (89504E47) was expected")]
    public void OtherFilesAreRejected(string content, string problem) =>
        Assert.Contains(problem, Rejected([.. content.Select(c => (byte)c)]).Problem, StringComparison.Ordinal);

    private static FileFormatException Rejected(byte[] file)
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoder.Decode(file, "hostile"));
        Assert.Equal("hostile", error.File);
        return error;
    }

    private static string Outcome(byte[] file)
    {
        try
        {
            RgbImage image = ImageDecoder.Decode(file, "hostile");
            HashCode hash = default;
            hash.AddBytes(image.Pixels);
            return $"{image.Width} x {image.Height}, {hash.ToHashCode()}";
        }
        catch (FileFormatException error)
        {
            return error.Message;
        }
    }
}
