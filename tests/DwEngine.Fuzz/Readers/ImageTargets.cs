using System.Text;
using DwEngine.Fuzz.Mutation;
using DwEngine.Vision;
using DwEngine.Vision.Tests;

namespace DwEngine.Fuzz.Readers;

/// <summary>A picture. The same bytes must give the same picture twice.</summary>
internal abstract class ImageTarget : FuzzTarget
{
    // The decoder holds so much at most.
    public override long AllocationLimit(int inputLength) => 2 * (ImageDecoder.MaxMemory + (16 << 20));

    public override void Run(byte[] input)
    {
        RgbImage image = ImageDecoder.Decode(input, "input"), again = ImageDecoder.Decode(input, "input");
        if (image.Pixels.Length != (long)image.Width * image.Height * RgbImage.Channels
            || image.Width != again.Width || image.Height != again.Height || !image.Pixels.SequenceEqual(again.Pixels))
        {
            throw new WrongResultException(
                $"A picture of {image.Width} x {image.Height} has {image.Pixels.Length} samples, or is another when it is decoded again.");
        }
    }
}

/// <summary>PNG files of every colour type, depth and interlacing. A picture must be the same after it was written anew.</summary>
internal sealed class PngTarget : ImageTarget
{
    private const int LargestRewritten = 1 << 14;

    public override string Name => "png";

    public override IReadOnlyList<byte[]> Corpus { get; } = [.. Files()];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) =>
        random.Next(4) == 0 ? ByteMutations.Any(input, other, random) : PngMutations.Any(input, other, random);

    public override void Run(byte[] input)
    {
        base.Run(input);
        RgbImage image = ImageDecoder.Decode(input, "input");
        if (image.Width * image.Height > LargestRewritten)
        {
            return;
        }

        byte[] pixels = image.Pixels.ToArray();
        byte[] rewritten = new PngWriter(image.Width, image.Height, colourType: 2, depth: 8).Write(
            (x, y, s) => pixels[(((y * image.Width) + x) * RgbImage.Channels) + s]);
        if (!ImageDecoder.Decode(rewritten, "input").Pixels.SequenceEqual(pixels))
        {
            throw new WrongResultException("A picture became another when it was written and read again.");
        }
    }

    private static IEnumerable<byte[]> Files()
    {
        foreach ((int colourType, int depth, bool interlaced) in ((int, int, bool)[])
            [(0, 1, false), (0, 8, true), (0, 16, false), (2, 8, false), (2, 16, true), (3, 4, true), (3, 8, false), (4, 8, false),
                (6, 8, true)])
        {
            var writer = new PngWriter(9, 7, colourType, depth) { Interlaced = interlaced, Filter = row => row % 3 };
            byte[] palette = [.. Enumerable.Range(0, 3 * (1 << Math.Min(depth, 4))).Select(i => (byte)(i * 5))];
            writer = colourType == 3 ? writer.With("PLTE", palette).With("tRNS", 0, 128)
                : writer.With("tEXt", Encoding.Latin1.GetBytes("Comment\0text"));
            yield return writer.With("eXIf", OrientationTarget.Exif(6)).Write((x, y, s) => (x + (3 * y) + s) % (1 << Math.Min(depth, 4)));
        }
    }
}

/// <summary>JPEG files of every subsampling, progression, colour model and choice of tables.</summary>
internal sealed class JpegTarget : ImageTarget
{
    public override string Name => "jpeg";

    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        JpegSamples.Baseline, JpegSamples.Progressive, JpegSamples.Grey, JpegSamples.Cmyk, JpegSamples.Restart,
        JpegSamples.WithOrientation(JpegSamples.Grey, 6, true), .. References(),
    ];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) =>
        random.Next(3) == 0 ? ByteMutations.Any(input, other, random) : JpegMutations.Any(input, other, random);

    private static IEnumerable<byte[]> References()
    {
        using Stream stream = typeof(JpegTarget).Assembly.GetManifestResourceStream("JpegReferences.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(' ') is [.., var file] and not [_])
            {
                yield return Convert.FromBase64String(file);
            }
        }
    }
}

/// <summary>What EXIF and XMP say of the orientation: 1 to 8 or nothing, whatever the bytes.</summary>
internal sealed class OrientationTarget : FuzzTarget
{
    public override string Name => "orientation";

    public override IReadOnlyList<byte[]> Corpus { get; } =
        [Exif(1), Exif(8), [.. "Exif\0\0"u8, .. Exif(3)], [.. "<x tiff:Orientation=\"6\"/>"u8],
            [.. "<tiff:Orientation>3</tiff:Orientation>"u8]];

    public override byte[] Mutate(byte[] input, byte[] other, Random random) => ByteMutations.Any(input, other, random);

    public override long AllocationLimit(int inputLength) => 1 << 16;

    public override void Run(byte[] input)
    {
        if (ExifOrientation.Find(input) is < 1 or > 8 || XmpOrientation.Find(input) is < 1 or > 8)
        {
            throw new WrongResultException("An orientation is none of 1 to 8.");
        }
    }

    /// <summary>A block of EXIF with nothing but the orientation.</summary>
    public static byte[] Exif(byte orientation) =>
        [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
}
