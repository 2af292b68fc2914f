using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>The orientation in each of its carriers and types, obeyed where Pillow obeys it.</summary>
public class OrientationTests
{
    public static TheoryData<int, bool, int> IntegerTypes
    {
        get
        {
            TheoryData<int, bool, int> cases = [];
            foreach (int type in new[] { 3, 4, 6, 8, 9, 13 })
            {
                for (int orientation = 1; orientation <= 8; orientation++)
                {
                    cases.Add(type, true, orientation);
                    cases.Add(type, false, orientation);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(IntegerTypes))]
    public void EveryIntegerTypeIsReadInJpegAndPng(int type, bool littleEndian, int orientation)
    {
        byte[] exif = Exif(type, littleEndian, orientation);
        AssertTurned(orientation, Png(("eXIf", exif)));
        byte[] reference = JpegSamples.WithOrientation(JpegSamples.Baseline, orientation, littleEndian);
        byte[] file = JpegSamples.Insert(JpegSamples.Baseline, 0xE1, [.. "Exif\0\0"u8, .. exif]);
        Assert.Equal(ImageDecoderTests.Decode(reference).Pixels, ImageDecoderTests.Decode(file).Pixels);
    }

    /// <summary>Pillow takes unsigned bytes, text and undefined bytes for text, which no orientation equals.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void OtherTypesCountAsUpright(int type) => AssertTurned(1, Png(("eXIf", Exif(type, littleEndian: true, 6))));

    [Theory]
    [InlineData(4, 0x10006)]
    [InlineData(9, -6)]
    [InlineData(3, 9)]
    [InlineData(8, 0)]
    public void ValuesOutOfRangeCountAsUpright(int type, int value) =>
        AssertTurned(1, Png(("eXIf", Exif(type, littleEndian: false, value))));

    [Theory]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    public void TheFirstOfSeveralValuesCounts(int type, int count) =>
        AssertTurned(6, Png(("eXIf", Exif(type, littleEndian: true, 6, count))));

    [Fact]
    public void TheFirstSegmentOfExifCountsInJpeg()
    {
        byte[] file = JpegSamples.WithOrientation(JpegSamples.WithOrientation(JpegSamples.Baseline, 3, true), 6, true);
        Assert.Equal((JpegSamples.Height, JpegSamples.Width), Size(file));
    }

    [Fact]
    public void ExifMayStandBehindTheImageDataOfAPng()
    {
        List<(string Type, byte[] Data)> chunks = PngWriter.Chunks(Png());
        chunks.Insert(chunks.Count - 1, ("eXIf", Exif(3, true, 8)));
        AssertTurned(8, PngWriter.File(chunks));
    }

    [Fact]
    public void ADamagedChunkSaysNothing()
    {
        byte[] file = Png(("eXIf", Exif(3, true, 6)));
        file[file.AsSpan().IndexOf("eXIf"u8) + 4 + 18] = 5;
        AssertTurned(1, file);
    }

    [Theory]
    [InlineData("tEXt", false)]
    [InlineData("zTXt", true)]
    [InlineData("iTXt", false)]
    [InlineData("iTXt", true)]
    public void TextOfAPngCarriesExifAndXmp(string type, bool compressed)
    {
        foreach (string prefix in new[] { "", "Exif\0\0" })
        {
            byte[] block = [.. Encoding.Latin1.GetBytes(prefix), .. Exif(4, false, 6)];
            string digits = Convert.ToHexString(block).ToLowerInvariant();
            string profile = $"\nexif\n      {block.Length}\n{digits[..36]}\n{digits[36..]}\n";
            AssertTurned(6, Png((type, Text(type, "Raw profile type exif", profile, compressed))));

            // Pillow knows this profile by one name only.
            AssertTurned(1, Png((type, Text(type, "Raw profile type APP1", profile, compressed))));
        }

        AssertTurned(8, Png((type, Text(type, "XML:com.adobe.xmp", "<x tiff:Orientation=\"8\"/>", compressed))));
        AssertTurned(3, Png((type, Text(type, "XML:com.adobe.xmp", "<tiff:Orientation>3</tiff:Orientation>", compressed))));
    }

    [Fact]
    public void ExifCountsBeforeItsProfileAndBothBeforeXmp()
    {
        (string, byte[]) exif = ("eXIf", Exif(3, true, 3));
        (string, byte[]) upright = ("eXIf", Exif(3, true, 1));
        string digits = Convert.ToHexString(Exif(3, true, 6));
        (string, byte[]) profile = ("tEXt", Text("tEXt", "Raw profile type exif", $"\nexif\n26\n{digits}", false));
        (string, byte[]) xmp = ("iTXt", Text("iTXt", "XML:com.adobe.xmp", "tiff:Orientation=\"8\"", false));
        AssertTurned(3, Png(xmp, profile, exif));
        AssertTurned(6, Png(xmp, profile));
        AssertTurned(1, Png(xmp, upright));
        AssertTurned(8, Png(xmp));
    }

    [Theory]
    [InlineData("\nexif\n26\nnot digits")]
    [InlineData("\nexif")]
    [InlineData("")]
    public void AMalformedProfileSaysNothing(string text) =>
        AssertTurned(1, Png(("tEXt", Text("tEXt", "Raw profile type exif", text, false))));

    [Theory]
    [InlineData("<x tiff:Orientation=\"6\"/>", true)]
    [InlineData("<tiff:Orientation>6</tiff:Orientation>", true)]
    [InlineData("<x tiff:Orientation=\"\"/><tiff:Orientation>8<", true)]
    [InlineData("<x tiff:Orientation=\"1\"/><tiff:Orientation>8<", false)]
    [InlineData("<x tiff:Orientation=\"9\"/>", false)]
    public void XmpOfAJpegIsObeyedWithoutExif(string xmp, bool turned)
    {
        byte[] segment = [.. "http://ns.adobe.com/xap/1.0/\0"u8, .. Encoding.UTF8.GetBytes(xmp)];
        byte[] file = JpegSamples.Insert(JpegSamples.Baseline, 0xE1, segment);
        Assert.Equal(turned ? (JpegSamples.Height, JpegSamples.Width) : (JpegSamples.Width, JpegSamples.Height), Size(file));
        Assert.Equal((JpegSamples.Width, JpegSamples.Height), Size(JpegSamples.WithOrientation(file, 3, littleEndian: true)));
    }

    private static (int Width, int Height) Size(byte[] file)
    {
        RgbImage image = ImageDecoderTests.Decode(file);
        return (image.Width, image.Height);
    }

    /// <summary>An EXIF block whose only entry is the orientation.</summary>
    private static byte[] Exif(int type, bool littleEndian, int value, int count = 1)
    {
        int size = type switch { 3 or 8 => 2, 4 or 9 or 13 => 4, _ => 1 };
        byte[] values = new byte[Math.Max(4, size * count)];
        for (int i = 0; i < count; i++)
        {
            Span<byte> target = values.AsSpan(i * size, size);
            switch (size)
            {
                case 1:
                    target[0] = (byte)value;
                    break;
                case 2 when littleEndian:
                    BinaryPrimitives.WriteInt16LittleEndian(target, (short)value);
                    break;
                case 2:
                    BinaryPrimitives.WriteInt16BigEndian(target, (short)value);
                    break;
                default:
                    Number(value, littleEndian).CopyTo(target);
                    break;
            }
        }

        byte t = (byte)type;
        byte[] inline = values.Length == 4 ? values : Number(26, littleEndian);
        byte[] outside = values.Length == 4 ? [] : values;
        return littleEndian
            ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, t, 0, .. Number(count, true), .. inline, 0, 0, 0, 0, .. outside]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, t, .. Number(count, false), .. inline, 0, 0, 0, 0, .. outside];
    }

    private static byte[] Number(int value, bool littleEndian)
    {
        byte[] bytes = BitConverter.GetBytes(value);
        return littleEndian == BitConverter.IsLittleEndian ? bytes : [.. bytes.Reverse()];
    }

    private static byte[] Text(string type, string key, string text, bool compressed)
    {
        byte[] value = Encoding.Latin1.GetBytes(text);
        if (compressed)
        {
            using MemoryStream stream = new();
            using (ZLibStream deflate = new(stream, CompressionLevel.Fastest))
            {
                deflate.Write(value);
            }

            value = stream.ToArray();
        }

        byte[] between = type switch
        {
            "tEXt" => [],
            "zTXt" => [0],
            _ => [compressed ? (byte)1 : (byte)0, 0, .. "en\0key\0"u8],
        };
        return [.. Encoding.Latin1.GetBytes(key), 0, .. between, .. value];
    }

    /// <summary>A picture of 3 x 2 pixels, each of another grey.</summary>
    private static byte[] Png(params (string Type, byte[] Data)[] chunks)
    {
        PngWriter writer = new(3, 2, 0, 8);
        foreach ((string type, byte[] data) in chunks)
        {
            _ = writer.With(type, data);
        }

        return writer.Write((x, y, _) => (10 * y) + x);
    }

    private static void AssertTurned(int orientation, byte[] png)
    {
        int[] expected = orientation switch
        {
            2 => [2, 1, 0, 12, 11, 10],
            3 => [12, 11, 10, 2, 1, 0],
            4 => [10, 11, 12, 0, 1, 2],
            5 => [0, 10, 1, 11, 2, 12],
            6 => [10, 0, 11, 1, 12, 2],
            7 => [12, 2, 11, 1, 10, 0],
            8 => [2, 12, 1, 11, 0, 10],
            _ => [0, 1, 2, 10, 11, 12],
        };
        RgbImage image = ImageDecoderTests.Decode(png);
        Assert.Equal(orientation < 5 ? (3, 2) : (2, 3), (image.Width, image.Height));
        byte[] pixels = image.Pixels.ToArray();
        Assert.Equal(expected, Enumerable.Range(0, 6).Select(i => (int)pixels[3 * i]));
    }
}
