using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

namespace DwEngine.Samples;

/// <summary>
/// From the images of one topic to objects. It prepares itself for the form of the first image and anew when that changes; in between it
/// allocates nothing. For one thread at a time, as callbacks of one subscription are.
/// </summary>
internal sealed class ImageDetector(Detector detector)
{
    private static readonly Dictionary<string, PixelFormat> s_encodings = new(StringComparer.Ordinal)
    {
        ["rgb8"] = PixelFormat.Rgb24,
        ["bgr8"] = PixelFormat.Bgr24,
        ["rgba8"] = PixelFormat.Rgba32,
        ["bgra8"] = PixelFormat.Bgra32,
        ["mono8"] = PixelFormat.Gray8,
        ["mono16"] = PixelFormat.Gray16,
        ["uyvy"] = PixelFormat.Uyvy,
        ["yuv422"] = PixelFormat.Uyvy,
        ["yuyv"] = PixelFormat.Yuyv,
        ["yuv422_yuy2"] = PixelFormat.Yuyv,
        ["nv21"] = PixelFormat.Nv21,
    };

    private readonly DetectedObject[] _found = new DetectedObject[detector.MaxObjects];
    private (uint Height, uint Width, string Encoding, uint Step) _form;
    private FrameFormat? _format;
    private FrameConverter? _converter;
    private byte[] _swapped = [];

    /// <summary>The encoding of the last image.</summary>
    public string LastEncoding => _form.Encoding ?? "";

    /// <summary>The encodings that are read.</summary>
    public static IEnumerable<string> Encodings => s_encodings.Keys;

    /// <summary>Finds the objects of an image.</summary>
    /// <returns>The objects, the best first, with boxes in pixels of the image; valid until the next call.</returns>
    /// <exception cref="FrameException">The encoding is not read, or the numbers contradict each other.</exception>
    public ReadOnlySpan<DetectedObject> Detect(RosImage image)
    {
        if (_format is null || _converter is null || _form != (image.Height, image.Width, image.Encoding, image.Step))
        {
            _format = FormatOf(image);
            _converter = detector.CreateConverter(_format);
            _form = (image.Height, image.Width, image.Encoding, image.Step);
        }

        ReadOnlySpan<byte> data = image.Data;
        if (_format.Pixels == PixelFormat.Gray16 && image.IsBigEndian)
        {
            data = LowerByteFirst(data);
        }

        return _found.AsSpan(0, detector.Detect(data, _converter, _found));
    }

    private static FrameFormat FormatOf(RosImage image)
    {
        if (!s_encodings.TryGetValue(image.Encoding, out PixelFormat pixels))
        {
            throw new FrameException(
                $"sensor_msgs/Image: the encoding '{image.Encoding}' is not read; {string.Join(", ", s_encodings.Keys)} are.");
        }

        if (image.Height > FrameFormat.MaxSide || image.Width > FrameFormat.MaxSide || image.Step > int.MaxValue)
        {
            throw new FrameException(
                $"sensor_msgs/Image: {image.Width} x {image.Height} pixels, {image.Step} bytes in a row; sides of at most "
                    + $"{FrameFormat.MaxSide} were expected.");
        }

        return new FrameFormat(pixels, (int)image.Width, (int)image.Height, (int)image.Step);
    }

    private ReadOnlySpan<byte> LowerByteFirst(ReadOnlySpan<byte> data)
    {
        int length = data.Length & ~1;
        if (_swapped.Length < length)
        {
            _swapped = new byte[length];
        }

        Span<byte> swapped = _swapped.AsSpan(0, length);
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, short>(data[..length]), MemoryMarshal.Cast<byte, short>(swapped));
        return swapped;
    }
}
