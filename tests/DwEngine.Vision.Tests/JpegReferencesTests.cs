using System.Security.Cryptography;
using DwEngine.Files;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>
/// Small JPEG files of every subsampling, progression, colour model and choice of tables, bit for bit as libjpeg-turbo reads them through
/// Pillow. The list has a line for each: its name, width, height, SHA-256 of the RGB samples, and the file in base 64.
/// </summary>
public class JpegReferencesTests
{
    private static readonly Dictionary<string, Reference> s_references = ReadList();

    public static TheoryData<string> Names => [.. s_references.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void IsReadBitForBit(string name)
    {
        Reference reference = s_references[name];
        RgbImage image = ImageDecoderTests.Decode(reference.File);
        Assert.Equal((reference.Width, reference.Height), (image.Width, image.Height));
        Assert.Equal(reference.Hash, Convert.ToHexStringLower(SHA256.HashData(image.Pixels)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AnyScanThatLacksItsLastByteIsRefused(string name)
    {
        byte[] file = s_references[name].File;
        foreach ((_, int data, int end) in JpegSamples.Scans(file))
        {
            int last = file[end - 1] == 0 && end - 2 >= data && file[end - 2] == 0xFF ? end - 2 : end - 1;
            AssertRefused([.. file[..last], .. file[end..]]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AFileThatLacksAScanIsRefused(string name)
    {
        byte[] file = s_references[name].File;
        foreach ((int header, _, int end) in JpegSamples.Scans(file))
        {
            AssertRefused([.. file[..header], .. file[end..]]);
            AssertRefused([.. file[..header], 0xFF, 0xD9]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void MoreThanAScanTakesIsRefusedButZeros(string name)
    {
        Reference reference = s_references[name];
        byte[] file = reference.File;
        foreach ((_, _, int end) in JpegSamples.Scans(file))
        {
            AssertRefused([.. file[..end], 0, 0x5A, .. file[end..]]);
            RgbImage padded = ImageDecoderTests.Decode([.. file[..end], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. file[end..]]);
            Assert.Equal(reference.Hash, Convert.ToHexStringLower(SHA256.HashData(padded.Pixels)));
        }
    }

    [Theory]
    [InlineData("restart-1")]
    [InlineData("restart-1-progressive")]
    [InlineData("restart-1B")]
    [InlineData("restart-1B-progressive")]
    public void AnyRestartIntervalThatIsMissingOrDoubledIsRefused(string name)
    {
        byte[] file = s_references[name].File;
        foreach ((_, int data, int end) in JpegSamples.Scans(file))
        {
            int[] markers = [.. Enumerable.Range(data, end - data).Where(i => file[i] == 0xFF && file[i + 1] is >= 0xD0 and <= 0xD7), end];
            for (int i = 1; i < markers.Length; i++)
            {
                AssertRefused([.. file[..markers[i - 1]], .. file[markers[i]..]]);
                AssertRefused([.. file[..markers[i]], .. file[markers[i - 1]..]]);
            }
        }
    }

    [Theory]
    [InlineData(0x20)]
    [InlineData(0x02)]
    [InlineData(0x44)]
    public void HuffmanTablesThatAreNamedAndNotDefinedAreRefused(byte tables)
    {
        byte[] file = JpegSamples.Grey;
        file[JpegSamples.Find(file, 0xDA) + 6] = tables;
        Assert.Contains("names Huffman tables", AssertRefused(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressiveFilesWithoutHuffmanTablesAreRefused() =>
        Assert.Contains("names Huffman tables", AssertRefused(Without(JpegSamples.Progressive, 0xC4)).Problem, StringComparison.Ordinal);

    [Fact]
    public void QuantisationTablesThatAreNotDefinedAreRefused() =>
        Assert.Contains("names quantisation table 0", AssertRefused(Without(JpegSamples.Grey, 0xDB)).Problem, StringComparison.Ordinal);

    [Fact]
    public void SamplesOf12BitsAreRefused()
    {
        byte[] file = JpegSamples.Grey;
        file[JpegSamples.Find(file, 0xC0) + 4] = 12;
        Assert.Contains("samples of 12 bits; 8 were expected", AssertRefused(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void BlocksBeyondBlackAndWhiteAreRefused()
    {
        // Steps 255 times as large make of any difference in brightness one that no picture of 8 bits has.
        byte[] file = JpegSamples.Grey;
        int table = JpegSamples.Find(file, 0xDB) + 5;
        file.AsSpan(table, 64).Fill(255);
        Assert.Contains("beyond black or white", AssertRefused(file).Problem, StringComparison.Ordinal);
    }

    /// <summary>The file with the first segment of that kind, and those of its kind that follow it, taken out.</summary>
    private static byte[] Without(byte[] file, byte marker)
    {
        for (int start = JpegSamples.Find(file, marker); start >= 0; start = JpegSamples.Find(file, marker))
        {
            file = [.. file[..start], .. file[(start + 2 + (file[start + 2] << 8) + file[start + 3])..]];
        }

        return file;
    }

    private static FileFormatException AssertRefused(byte[] file)
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoderTests.Decode(file));
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }

    private static Dictionary<string, Reference> ReadList()
    {
        using Stream stream = typeof(JpegReferencesTests).Assembly.GetManifestResourceStream("JpegReferences.txt")!;
        using StreamReader reader = new(stream);
        Dictionary<string, Reference> references = [];
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            references.Add(fields[0], new(int.Parse(fields[1]), int.Parse(fields[2]), fields[3], Convert.FromBase64String(fields[4])));
        }

        return references;
    }

    private sealed record Reference(int Width, int Height, string Hash, byte[] File);
}
