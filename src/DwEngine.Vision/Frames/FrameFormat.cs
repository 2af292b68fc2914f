using System.Collections.Immutable;

namespace DwEngine.Vision.Frames;

/// <summary>Where a plane lies in the bytes of a frame.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Stride">Bytes from one row to the next, at least those of a row.</param>
public readonly record struct FramePlane(int Offset, int Stride);

/// <summary>What the bytes of a camera's frames mean. Immutable and safe to share between threads.</summary>
public sealed class FrameFormat
{
    /// <summary>The largest width and height in pixels; <see cref="ImageDecoder.MaxPixels"/> bounds their product.</summary>
    public const int MaxSide = ushort.MaxValue;

    /// <summary>A format whose planes, rows and pixels follow one another without a gap.</summary>
    /// <param name="pixels">How the bytes hold pixels.</param>
    /// <param name="width">Width in pixels; even where pixels share chroma samples.</param>
    /// <param name="height">Height in pixels; even where two rows share chroma samples.</param>
    /// <exception cref="FrameException">A side is out of its range or odd.</exception>
    public FrameFormat(PixelFormat pixels, int width, int height) : this(pixels, width, height, null, [])
    {
    }

    /// <summary>
    /// A format with bytes between rows. Further planes follow at once after the rows of the one before; their stride is that of the first,
    /// and half of it for <see cref="PixelFormat.I420"/>.
    /// </summary>
    /// <param name="pixels">How the bytes hold pixels.</param>
    /// <param name="width">Width in pixels; even where pixels share chroma samples.</param>
    /// <param name="height">Height in pixels; even where two rows share chroma samples.</param>
    /// <param name="stride">Bytes from one row of the first plane to the next.</param>
    /// <exception cref="FrameException">A side is out of its range or odd, or the stride is less than a row's bytes.</exception>
    public FrameFormat(PixelFormat pixels, int width, int height, int stride) : this(pixels, width, height, stride, [])
    {
    }

    /// <summary>A format whose planes lie anywhere in the bytes.</summary>
    /// <param name="pixels">How the bytes hold pixels.</param>
    /// <param name="width">Width in pixels; even where pixels share chroma samples.</param>
    /// <param name="height">Height in pixels; even where two rows share chroma samples.</param>
    /// <param name="planes">All planes, in the format's order: luma and chroma, or luma, U and V.</param>
    /// <exception cref="FrameException">
    /// A side is out of its range or odd, there are more or fewer planes, an offset is negative, or a stride less than a row's bytes.
    /// </exception>
    public FrameFormat(PixelFormat pixels, int width, int height, ImmutableArray<FramePlane> planes)
        : this(pixels, width, height, null, RequirePlanes(pixels, planes))
    {
    }

    private FrameFormat(PixelFormat pixels, int width, int height, int? stride, ImmutableArray<FramePlane> planes)
    {
        RequireDefined(pixels, nameof(pixels));
        (Pixels, Width, Height) = (pixels, width, height);
        RequireSide("width", width, pixels.HasChroma());
        RequireSide("height", height, pixels.HasPlanes());
        if ((long)width * height > ImageDecoder.MaxPixels)
        {
            throw new FrameException(
                $"A frame of {width} x {height} pixels; at most {ImageDecoder.MaxPixels} pixels were expected.");
        }

        Planes = planes.IsEmpty ? Consecutive(stride) : planes;
        for (int plane = 0; plane < Planes.Length; plane++)
        {
            Length = Math.Max(Length, RequireEnd(plane));
        }
    }

    /// <summary>How the bytes hold pixels.</summary>
    public PixelFormat Pixels { get; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Where the planes lie.</summary>
    public ImmutableArray<FramePlane> Planes { get; }

    /// <summary>Bytes that a frame has at least: up to the last pixel.</summary>
    public int Length { get; }

    /// <summary>Which sum of the colours luma is. Formats without chroma ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public ColourMatrix Matrix
    {
        get;
        init => field = RequireDefined(value, nameof(Matrix));
    } = ColourMatrix.Bt601;

    /// <summary>Which samples are black and white. Formats without chroma ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public ColourRange Range
    {
        get;
        init => field = RequireDefined(value, nameof(Range));
    } = ColourRange.Limited;

    /// <summary>
    /// The sample of <see cref="PixelFormat.Gray16"/> that is white, 1 to 65535: 1023 for a camera of 10 bits. Grey of 8 bits is
    /// <c>255 * sample / WhiteLevel</c>, rounded to the nearest; larger samples are white.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of its range.</exception>
    public int WhiteLevel
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ushort.MaxValue);
            field = value;
        }
    } = ushort.MaxValue;

    /// <summary>Describes the format in a few words.</summary>
    public override string ToString() => $"{Pixels} {Width}x{Height}";

    internal static T RequireDefined<T>(T value, string name) where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"A {typeof(T).Name} was expected.");

    private static ImmutableArray<FramePlane> RequirePlanes(PixelFormat pixels, ImmutableArray<FramePlane> planes)
    {
        RequireDefined(pixels, nameof(pixels));
        int found = planes.IsDefault ? 0 : planes.Length;
        return found == pixels.PlaneCount()
            ? planes
            : throw new FrameException($"{pixels} with {Words.Count(found, "plane")}; {pixels.PlaneCount()} expected.");
    }

    private void RequireSide(string side, int length, bool isEven)
    {
        if (length is < 1 or > MaxSide || (isEven && length % 2 != 0))
        {
            throw new FrameException(
                $"A {Pixels} frame of {Width} x {Height} pixels: the {side} is {length}; {(isEven ? "an even number" : "a number")} from "
                    + $"{(isEven ? 2 : 1)} to {MaxSide} was expected.");
        }
    }

    private ImmutableArray<FramePlane> Consecutive(int? stride)
    {
        var planes = ImmutableArray.CreateBuilder<FramePlane>(Pixels.PlaneCount());
        long offset = 0;
        for (int plane = 0; plane < planes.Capacity; plane++)
        {
            int step = stride is not { } given ? (int)Pixels.RowBytes(plane, Width)
                : plane > 0 && Pixels == PixelFormat.I420 ? given / 2 : given;
            planes.Add(new FramePlane((int)Math.Min(offset, int.MaxValue), step));
            offset += (long)step * PixelFormats.Rows(plane, Height);
        }

        return planes.MoveToImmutable();
    }

    // Where the last pixel of a plane ends.
    private int RequireEnd(int plane)
    {
        (int offset, int stride) = Planes[plane];
        long row = Pixels.RowBytes(plane, Width);
        if (offset < 0)
        {
            throw new FrameException($"{this}: plane {plane} begins at byte {offset}; 0 or more was expected.");
        }

        if (stride < row)
        {
            throw new FrameException(
                $"{this}: plane {plane} has a stride of {stride} bytes; at least the {row} bytes of a row were expected.");
        }

        long end = offset + ((PixelFormats.Rows(plane, Height) - 1L) * stride) + row;
        return end <= Array.MaxLength
            ? (int)end
            : throw new FrameException(
                $"{this}: plane {plane} ends at byte {end}; a frame of at most {Array.MaxLength} bytes was expected.");
    }
}
