using System.Diagnostics;
using DwEngine.Vision;
using DwEngine.Vision.Frames;

namespace DwEngine.Samples;

/// <summary>A frame, and when it was due, in ticks of <see cref="Stopwatch"/>.</summary>
internal readonly ref struct Frame(ReadOnlySpan<byte> bytes, long due)
{
    public readonly ReadOnlySpan<byte> Bytes = bytes;
    public readonly long Due = due;
}

/// <summary>Where frames come from.</summary>
internal abstract class FrameSource : IDisposable
{
    /// <summary>What the bytes of a frame mean.</summary>
    public abstract FrameFormat Format { get; }

    /// <summary>Frames that came and were not taken.</summary>
    public virtual long Dropped => 0;

    /// <summary>Opens what the path names.</summary>
    /// <param name="path">A device, a folder or a file; null to make frames.</param>
    /// <param name="rate">Frames in a second.</param>
    public static FrameSource Open(string? path, int rate) =>
        path is null ? StoredFrames.Make(rate)
        : path.StartsWith("/dev/", StringComparison.Ordinal) ? new Camera(path, rate)
        : Directory.Exists(path) ? StoredFrames.ReadFolder(path, rate)
        : StoredFrames.ReadFile(path, rate);

    /// <summary>From now on frames come at their rate.</summary>
    public abstract void Start();

    /// <summary>Waits for the next frame, whose bytes stay until the next call.</summary>
    public abstract Frame Next();

    public virtual void Dispose()
    {
    }
}

/// <summary>Frames that are in memory and come again and again, each at its place in time, whether or not the last one was late.</summary>
internal sealed class StoredFrames(FrameFormat format, byte[] frames, int rate, string name) : FrameSource
{
    private const int Width = 640, Height = 480;

    private readonly long _period = Stopwatch.Frequency / rate;
    private long _next;
    private long _start;

    public override FrameFormat Format => format;

    /// <summary>A bright cell, of the 8 x 8 of a frame, moves over a dark ground.</summary>
    public static StoredFrames Make(int rate)
    {
        var format = new FrameFormat(PixelFormat.Yuyv, Width, Height);
        byte[] frames = new byte[ColourCells.Grid * format.Length];
        for (int i = 0; i < frames.Length; i += 2)
        {
            int frame = i / format.Length, pixel = i % format.Length / 2;
            bool isBright = pixel % Width * ColourCells.Grid / Width == frame && pixel / Width * ColourCells.Grid / Height == 3;
            (frames[i], frames[i + 1]) = (isBright ? (byte)235 : (byte)16, 128);
        }

        return new StoredFrames(format, frames, rate, "made YUYV");
    }

    /// <summary>Raw YUYV frames, one after the other.</summary>
    public static StoredFrames ReadFile(string path, int rate)
    {
        var format = new FrameFormat(PixelFormat.Yuyv, Width, Height);
        byte[] frames = File.ReadAllBytes(path);
        return frames.Length > 0 && frames.Length % format.Length == 0
            ? new StoredFrames(format, frames, rate, path)
            : throw new FrameException($"{path} has {frames.Length} bytes; whole frames of {format.Length} bytes were expected.");
    }

    /// <summary>All pictures of a folder, which must have one size.</summary>
    public static StoredFrames ReadFolder(string path, int rate)
    {
        var frames = new List<byte>();
        FrameFormat? format = null;
        foreach (string file in Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)
            .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png"))
        {
            RgbImage picture = ImageDecoder.Load(file);
            format ??= new FrameFormat(PixelFormat.Rgb24, picture.Width, picture.Height);
            if ((picture.Width, picture.Height) != (format.Width, format.Height))
            {
                throw new FrameException(
                    $"{file} has {picture.Width} x {picture.Height} pixels; {format.Width} x {format.Height}, as the first one, were "
                        + "expected.");
            }

            frames.AddRange(picture.Pixels);
        }

        return format is not null
            ? new StoredFrames(format, [.. frames], rate, path)
            : throw new FrameException($"{path} holds no picture: JPEG or PNG files were expected.");
    }

    public override void Start() => (_next, _start) = (0, Stopwatch.GetTimestamp());

    public override Frame Next()
    {
        // Before the start frames come at once.
        long due = _start == 0 ? Stopwatch.GetTimestamp() : _start + (_next * _period);
        WaitUntil(due);
        int at = (int)(_next++ % (frames.Length / format.Length)) * format.Length;
        return new Frame(frames.AsSpan(at, format.Length), due);
    }

    public override string ToString() => $"{name}, {format.Width} x {format.Height}";

    // Sleeps while there is time, and gives the core to others for the rest.
    private static void WaitUntil(long due)
    {
        while (true)
        {
            long left = due - Stopwatch.GetTimestamp();
            if (left <= 0)
            {
                return;
            }

            int milliseconds = (int)(left * 1000 / Stopwatch.Frequency) - 1;
            if (milliseconds > 0)
            {
                Thread.Sleep(milliseconds);
            }
            else
            {
                Thread.Yield();
            }
        }
    }
}
