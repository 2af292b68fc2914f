using DwEngine.Files;
using DwEngine.Vision.Jpeg;
using DwEngine.Vision.Png;

namespace DwEngine.Vision;

/// <summary>
/// Decodes JPEG (baseline and progressive, every subsampling; grey, YCbCr, RGB, CMYK and YCCK) and PNG (every colour type, bit depth and
/// interlacing) to upright 8-bit RGB, as Pillow reads them: JPEG bit for bit. The orientation in EXIF or XMP is applied; transparency is
/// dropped without blending, as Pillow's <c>convert("RGB")</c> does; samples of 16 bits keep their upper 8.
/// </summary>
/// <remarks>
/// A picture is decoded wholly or refused. A JPEG must have every scan, each with exactly the data that its blocks take, every table that
/// it names, and no block brighter or darker than samples can be. (JPEG has no checksums: damage within one block may pass.) Decoding holds
/// the file, the picture and what is still to be combined, together at most <see cref="MaxMemory"/> bytes: for a baseline JPEG or a PNG
/// about 3 bytes for each pixel, for a progressive JPEG 5 to 11.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>The most pixels that an image may declare: 2^27, a square of 11585.</summary>
    public const int MaxPixels = 1 << 27;

    /// <summary>The largest file that is read: 2^27 bytes, 128 MiB.</summary>
    public const int MaxFileBytes = 1 << 27;

    /// <summary>The most bytes that one decoding holds, the file and the picture included: 2^29, 512 MiB.</summary>
    public const long MaxMemory = 1 << 29;

    /// <summary>Bytes that tell whether a file is an image.</summary>
    internal const int SignatureLength = 8;

    /// <summary>Reads and decodes a file; what it holds decides how, not its name.</summary>
    /// <exception cref="FileFormatException">
    /// The file can't be read, is not a whole JPEG or PNG, or exceeds <see cref="MaxPixels"/>,
    /// <see cref="MaxFileBytes"/> or <see cref="MaxMemory"/>.
    /// </exception>
    public static RgbImage Load(string path)
    {
        InputFile.Require(path);
        byte[] bytes = InputFile.Naming(path, () => ReadFile(path));
        return Decode((ReadOnlyMemory<byte>)bytes, path);
    }

    /// <summary>Decodes an image in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How errors name it.</param>
    /// <exception cref="FileFormatException">
    /// The bytes are not a whole JPEG or PNG, or exceed <see cref="MaxPixels"/>, <see cref="MaxFileBytes"/> or <see cref="MaxMemory"/>.
    /// </exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        CheckFileLength(name, bytes.Length);
        return Decode((ReadOnlyMemory<byte>)bytes.ToArray(), name);
    }

    /// <summary>Whether a file that begins like this is of a format that is decoded here.</summary>
    internal static bool IsImage(ReadOnlySpan<byte> start) =>
        start.StartsWith(JpegDecoder.Signature) || start.StartsWith(PngStructure.Signature);

    /// <summary>Rejects a declared size that is empty, above <see cref="MaxPixels"/>, or more than so many bytes can encode.</summary>
    internal static void CheckSize(string name, string location, long width, long height, long maxPixels)
    {
        if (width < 1 || height < 1)
        {
            throw new FileFormatException(name, location, $"declares {width} x {height} pixels; both sides must be at least 1");
        }

        // Both sides are below 2^32, so that neither the test nor the product can overflow.
        if (width > MaxPixels || height > MaxPixels || width * height > MaxPixels)
        {
            throw new FileFormatException(name, location, $"declares {width} x {height} pixels; at most {MaxPixels} are accepted");
        }

        if (width * height > maxPixels)
        {
            throw new FileFormatException(
                name, location, $"declares {width} x {height} pixels, but a file of its length can hold at most {maxPixels}");
        }
    }

    /// <summary>Rejects an image whose decoding would hold more than <see cref="MaxMemory"/>.</summary>
    /// <param name="name">How errors name the file.</param>
    /// <param name="location">The place in it.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="working">Bytes that are held beside the file and the picture.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    internal static void CheckMemory(string name, string location, int width, int height, long working, int fileLength)
    {
        long held = fileLength + working + ((long)RgbImage.Channels * width * height);
        if (held > MaxMemory)
        {
            throw new FileFormatException(
                name,
                location,
                $"decoding {width} x {height} pixels would hold {Words.Count(held, "byte")}; "
                + $"an image that takes at most {MaxMemory} was expected");
        }
    }

    private static byte[] ReadFile(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (!stream.CanSeek)
        {
            throw new FileFormatException(path, "file", "is a pipe or a device; an image file was expected");
        }

        CheckFileLength(path, stream.Length);
        byte[] bytes = new byte[stream.Length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static void CheckFileLength(string name, long length)
    {
        if (length > MaxFileBytes)
        {
            throw new FileFormatException(
                name, "file size", $"{Words.Count(length, "byte")}; an image of at most {MaxFileBytes} bytes was expected");
        }
    }

    private static RgbImage Decode(ReadOnlyMemory<byte> bytes, string name)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        return span switch
        {
            _ when span.StartsWith(JpegDecoder.Signature) => JpegDecoder.Decode(span, name),
            _ when span.StartsWith(PngStructure.Signature) => PngDecoder.Decode(bytes, name),
            _ => throw new FileFormatException(name, "offset 0", DescribeStart(span)),
        };
    }

    private static string DescribeStart(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return "the file is empty; a JPEG or PNG image was expected";
        }

        string? format = bytes switch
        {
            _ when bytes.StartsWith("GIF8"u8) => "GIF",
            _ when bytes.StartsWith("BM"u8) => "BMP",
            _ when bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) => "TIFF",
            _ when bytes.StartsWith("RIFF"u8) && bytes.Length >= 12 && bytes[8..].StartsWith("WEBP"u8) => "WebP",
            _ => null,
        };
        string found = $"starts with {Convert.ToHexString(bytes[..Math.Min(4, bytes.Length)])}";
        return format is null
            ? $"{found}; a JPEG (FFD8FF) or PNG (89504E47) was expected"
            : $"{found}, as {format} files do; only JPEG and PNG are read";
    }
}
