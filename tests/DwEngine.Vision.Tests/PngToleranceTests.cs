using System.Buffers.Binary;
using DwEngine.Files;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>PNG files that are odd but whole are read, and those whose pixels cannot be trusted are refused.</summary>
public class PngToleranceTests
{
    private static readonly (string Type, byte[] Data)[] s_rgb =
        [.. PngWriter.Chunks(new PngWriter(5, 4, 2, 8) { Filter = y => y % 3 }.Write(Sample))];

    private static readonly (string Type, byte[] Data)[] s_palette =
        [.. PngWriter.Chunks(new PngWriter(5, 4, 3, 4).With("PLTE", Palette(16)).Write((x, y, _) => x + y))];

    private static byte[] Compressed => [.. s_rgb.Where(chunk => chunk.Type == "IDAT").SelectMany(chunk => chunk.Data)];

    public static TheoryData<string> Odd => [.. OddFiles().Keys];

    public static TheoryData<string> Faulty => [.. FaultyFiles().Keys];

    [Theory]
    [MemberData(nameof(Odd))]
    public void IsReadAllTheSame(string kind)
    {
        RgbImage image = ImageDecoderTests.Decode(OddFiles()[kind]);
        Assert.Equal((5, 4), (image.Width, image.Height));
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            Assert.Equal(Sample(i / 3 % 5, i / 15, i % 3), image.Pixels[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Faulty))]
    public void IsRefusedWithOneLine(string kind)
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoderTests.Decode(FaultyFiles()[kind]));
        Assert.Contains("expected", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void ThePresetDictionaryIsNamed()
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoderTests.Decode(FaultyFiles()["preset dictionary"]));
        Assert.Contains("preset dictionary", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0, 128 }, false)]
    [InlineData(new byte[0], false)]
    [InlineData(new byte[] { 0, 128 }, true)]
    public void TransparencyOfAPaletteIsDroppedWhereverItStands(byte[] transparency, bool behind)
    {
        List<(string Type, byte[] Data)> chunks = [.. s_palette];
        chunks.Insert(behind ? chunks.Count - 1 : 1, ("tRNS", transparency));
        AssertPalette(PngWriter.File(chunks), 16);
    }

    [Fact]
    public void AnIndexBehindThePaletteIsItsOwnLevel()
    {
        (string, byte[])[] chunks = [.. s_palette.Select(chunk => chunk.Type == "PLTE" ? (chunk.Type, Palette(5)) : chunk)];
        AssertPalette(PngWriter.File(chunks), 5);
    }

    private static int Sample(int x, int y, int s) => ((x * 23) + (y * 41) + (s * 67)) & 255;

    private static byte[] Palette(int colours) => [.. Enumerable.Range(0, 3 * colours).Select(i => (byte)(200 - (3 * i)))];

    private static void AssertPalette(byte[] file, int colours)
    {
        ReadOnlySpan<byte> pixels = ImageDecoderTests.Decode(file).Pixels;
        for (int i = 0; i < pixels.Length; i++)
        {
            int index = (i / 3 % 5) + (i / 15);
            Assert.Equal(index < colours ? Palette(colours)[(3 * index) + (i % 3)] : index, pixels[i]);
        }
    }

    private static Dictionary<string, byte[]> OddFiles()
    {
        byte[] good = PngWriter.File(s_rgb);
        byte[] all = Compressed;
        (string, byte[]) empty = ("IDAT", []);
        return new()
        {
            ["empty data first"] = With(1, empty),
            ["empty data last"] = With(3, empty),
            ["empty data between"] = With(2, empty, empty),
            ["data byte by byte"] = WithData([.. all.Select(value => ("IDAT", new[] { value }))]),
            ["text between data"] = With(2, ("tEXt", "key\0text"u8.ToArray())),
            ["tRNS"] = With(1, ("tRNS", [0, 1, 0, 2, 0, 3])),
            ["tRNS too long"] = With(1, ("tRNS", new byte[300])),
            ["tRNS empty"] = With(1, ("tRNS", [])),
            ["tRNS behind the data"] = With(3, ("tRNS", new byte[6])),
            ["PLTE of an odd length"] = With(1, ("PLTE", new byte[5])),
            ["PLTE too long"] = With(1, ("PLTE", new byte[1000])),
            ["PLTE empty"] = With(1, ("PLTE", [])),
            ["PLTE twice"] = With(1, ("PLTE", new byte[6]), ("PLTE", new byte[3])),
            ["PLTE behind the data"] = With(3, ("PLTE", new byte[6])),
            ["PLTE damaged"] = Damage(With(1, ("PLTE", new byte[6])), "PLTE"),
            ["ancillary chunk damaged"] = Damage(With(1, ("gAMA", new byte[4])), "gAMA"),
            ["unknown chunk"] = With(1, ("xyZw", new byte[40])),
            ["animation"] = With(1, ("acTL", [0, 0, 0, 2, 0, 0, 0, 0]), ("fcTL", new byte[26]), ("fdAT", new byte[9])),
            ["IEND with data"] = PngWriter.File([.. s_rgb[..^1], ("IEND", [1, 2, 3])]),
            ["IEND missing"] = good[..^12],
            ["IEND cut"] = good[..^5],
            ["IEND missing, others behind"] = [.. good[..^12], 0, 0, 0, 9, 1, 2, 3, 4, 5],
            ["last checksum cut"] = good[..^14],
            ["data chunk's checksum wrong"] = Damage(good, "IDAT", behindData: true),
            ["a byte too many"] = Spoiled(rows => [.. rows, 0]),
            ["a row too many"] = Spoiled(rows => [.. rows, .. new byte[16]]),
            ["many rows too many"] = Spoiled(rows => [.. rows, .. new byte[100_000]]),
            ["bytes behind the stream"] = WithData(("IDAT", [.. all, 1, 2, 3])),
            ["checksum of the stream missing"] = WithData(("IDAT", all[..^4])),
        };
    }

    private static Dictionary<string, byte[]> FaultyFiles()
    {
        byte[] good = PngWriter.File(s_rgb);
        byte[] all = Compressed;
        byte[] withDictionary = [0x78, 0xBB, 1, 2, 3, 4, .. all[2..]];
        byte[] withoutEnd = WithData(("IDAT", all[..^4]));
        byte[] wrong = [.. all];
        wrong[^1] ^= 1;
        return new()
        {
            ["preset dictionary"] = WithData(("IDAT", withDictionary)),
            ["no zlib"] = WithData(("IDAT", all[2..^4])),
            ["checksum of the stream wrong"] = WithData(("IDAT", wrong)),
            ["both checksums missing"] = Damage(withoutEnd, "IDAT", behindData: true),
            ["stream cut by the end of the file"] = withoutEnd[..^16],
            ["a byte too few"] = Spoiled(rows => rows[..^1]),
            ["a row too few"] = Spoiled(rows => rows[..^16]),
            ["far too many rows"] = Spoiled(rows => [.. rows, .. new byte[5_000_000]]),
            ["no data"] = PngWriter.File([s_rgb[0], s_rgb[^1]]),
            ["header twice"] = With(1, s_rgb[0]),
            ["header not first"] = PngWriter.File([("gAMA", new byte[4]), .. s_rgb]),
            ["header damaged"] = Damage(good, "IHDR", behindData: true),
            ["header cut"] = good[..20],
            ["unknown critical chunk"] = With(1, ("XYZW", new byte[4])),
            ["no chunk"] = With(1, ("\u0001\u0002\u0003\u0004", new byte[4])),
            ["palette missing"] = PngWriter.File(s_palette.Where(chunk => chunk.Type != "PLTE")),
            ["palette behind the data"] = PngWriter.File([s_palette[0], s_palette[2], s_palette[3], s_palette[1], s_palette[4]]),
            ["palette damaged"] = Damage(PngWriter.File(s_palette), "PLTE"),
            ["palette of an odd length"] = PngWriter.File([s_palette[0], ("PLTE", new byte[4]), .. s_palette[2..]]),
            ["palette twice"] = PngWriter.File([s_palette[0], s_palette[1], .. s_palette[1..]]),
        };
    }

    private static byte[] With(int index, params (string Type, byte[] Data)[] chunks) =>
        PngWriter.File([.. s_rgb[..index], .. chunks, .. s_rgb[index..]]);

    private static byte[] WithData(params (string Type, byte[] Data)[] chunks) => PngWriter.File([s_rgb[0], .. chunks, s_rgb[^1]]);

    private static byte[] Spoiled(Func<byte[], byte[]> spoil) => new PngWriter(5, 4, 2, 8) { Spoil = spoil }.Write(Sample);

    /// <summary>Changes the first byte of a chunk's data, or the first of the checksum behind it.</summary>
    private static byte[] Damage(byte[] file, string type, bool behindData = false)
    {
        int start = file.AsSpan().IndexOf([.. type.Select(letter => (byte)letter)]);
        int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(start - 4));
        file[start + 4 + (behindData ? length : 0)] ^= 1;
        return file;
    }
}
