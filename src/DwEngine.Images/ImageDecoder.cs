using StbImageSharp;

namespace DwEngine.Images;

/// <summary>
/// Decodes JPEG (baseline and progressive; grey, YCbCr, RGB, and Adobe's CMYK and YCCK) and PNG (every colour type, bit
/// depth and interlacing) to upright 8-bit RGB. The EXIF orientation is applied; transparency is dropped without
/// blending, as Pillow's <c>convert("RGB")</c> does; samples of 16 bits keep their upper 8.
/// </summary>
/// <remarks>
/// The file's structure is checked here, in bounds-checked code, before the decoding library sees it: the library would fill
/// what a truncated file lacks with grey or with stale memory, and would inflate without limit.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>The most pixels that an image may declare: 2^27, a square of 11585.</summary>
    public const int MaxPixels = 1 << 27;

    /// <summary>The largest file that is read: 2^29 bytes, 512 MiB.</summary>
    public const int MaxFileBytes = 1 << 29;

    /// <summary>Bytes that tell whether a file is an image.</summary>
    internal const int SignatureLength = 8;

    /// <summary>Reads and decodes a file; what it holds decides how, not its name.</summary>
    /// <exception cref="FileFormatException">
    /// The file is not a whole JPEG or PNG, or exceeds <see cref="MaxPixels"/> or <see cref="MaxFileBytes"/>.
    /// </exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static RgbImage Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (!stream.CanSeek)
        {
            throw new FileFormatException(path, "file", "is a pipe or a device; an image file was expected");
        }

        long length = stream.Length;
        if (length > MaxFileBytes)
        {
            throw new FileFormatException(path, "file size", $"{length} bytes; an image of at most {MaxFileBytes} bytes was expected");
        }

        byte[] bytes = new byte[length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Decode(read == bytes.Length ? bytes : bytes[..read], path);
    }

    /// <summary>Decodes an image in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">How errors name it.</param>
    /// <exception cref="FileFormatException">
    /// The bytes are not a whole JPEG or PNG, or declare more than <see cref="MaxPixels"/>.
    /// </exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name) => Decode(bytes.ToArray(), name);

    /// <summary>Whether a file that begins like this is of a format that is decoded here.</summary>
    internal static bool IsImage(ReadOnlySpan<byte> start) =>
        start.StartsWith(JpegStructure.Signature) || start.StartsWith(PngStructure.Signature);

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

    private static RgbImage Decode(byte[] bytes, string name)
    {
        ReadOnlySpan<byte> span = bytes;
        ImageStructure structure = span switch
        {
            _ when span.StartsWith(JpegStructure.Signature) => JpegStructure.Check(span, name),
            _ when span.StartsWith(PngStructure.Signature) => PngStructure.Check(span, name),
            _ => throw new FileFormatException(name, "offset 0", DescribeStart(span)),
        };

        ImageResult result;
        using MemoryStream stream = new(bytes);
        try
        {
            result = ImageResult.FromStream(stream, ColorComponents.RedGreenBlue);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The library's own message is one variable shared by all threads, so it may speak of another image.
            throw new FileFormatException(name, "image data", "is damaged; data that decode to the declared image were expected", error);
        }

        // The library returns what it has, the rest of it stale memory, when it meets damage between or within scans.
        if (stream.Position != structure.End)
        {
            throw new FileFormatException(
                name,
                $"offset {stream.Position}",
                $"decoding stops here at damaged data; the image was expected to go on to offset {structure.End}");
        }

        if (result.Width != structure.Width || result.Height != structure.Height)
        {
            throw new FileFormatException(
                name,
                "image data",
                $"decodes to {result.Width} x {result.Height} pixels; the declared {structure.Width} x {structure.Height} were expected");
        }

        return ExifOrientation.Apply(new RgbImage(result.Width, result.Height, result.Data), structure.Orientation);
    }

    private static string DescribeStart(ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty
            ? "the file is empty; a JPEG or PNG image was expected"
            : $"starts with {Convert.ToHexString(bytes[..Math.Min(4, bytes.Length)])}; a JPEG (FFD8FF) or PNG (89504E47) was expected";
}
