using System.Buffers;
using DwEngine.Vision.Frames;

namespace DwEngine.Vision.Detection;

/// <summary>
/// Writes pictures into the input of a detector. It keeps the weights of the last resize, so that pictures of one size cost no allocation.
/// Not safe to share between threads.
/// </summary>
public sealed class PictureInput
{
    private readonly DetectorPreprocessing _preprocessing;
    private readonly FitMode _fit;
    private readonly byte _padding;

    // What each of the 256 samples becomes, plane by plane of the input.
    private readonly float[] _normalised;
    private readonly int _firstColour;
    private BilinearResampler.CachedWeights _columns, _rows;
    private int _isBusy;

    /// <summary>Prepares for inputs of one size.</summary>
    /// <param name="preprocessing">What is done to each picture.</param>
    /// <param name="width">Width of the input in pixels, 1 to <see cref="Preprocessing.MaxSize"/>.</param>
    /// <param name="height">Height of the input in pixels, within the same limits.</param>
    /// <exception cref="DwEngineException">A value is out of its range.</exception>
    public PictureInput(DetectorPreprocessing preprocessing, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        Preprocessing.CheckSize(width, "input width");
        Preprocessing.CheckSize(height, "input height");
        Preprocessing.CheckChannels(preprocessing.Mean, "mean", float.MinValue);
        Preprocessing.CheckChannels(preprocessing.StandardDeviation, "standard deviation", float.Epsilon);
        (Width, Height, _preprocessing) = (width, height, preprocessing);
        (_fit, _padding) = (preprocessing.Fit, preprocessing.Padding);
        _firstColour = preprocessing.Order == ChannelOrder.Rgb ? 0 : RgbImage.Channels - 1;
        _normalised = Preprocessing.Normalise(preprocessing.Mean, preprocessing.StandardDeviation);
    }

    /// <summary>Width of the input in pixels.</summary>
    public int Width { get; }

    /// <summary>Height of the input in pixels.</summary>
    public int Height { get; }

    /// <summary>Elements of the input: 1 x 3 x height x width.</summary>
    public int Length => checked(RgbImage.Channels * Width * Height);

    /// <summary>Writes a picture. Allocates nothing from the second picture of a size on.</summary>
    /// <param name="rgb">Interleaved 8-bit RGB, <c>3 * width * height</c> samples.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="nchw">Where the 1 x 3 x H x W tensor goes, <see cref="Length"/> values.</param>
    /// <returns>Where the picture lies in the input.</returns>
    /// <exception cref="ShapeException">A span has another length than it must.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using this input.</exception>
    public PictureFit Apply(ReadOnlySpan<byte> rgb, int width, int height, Span<float> nchw)
    {
        RgbImage.CheckLength(width, height, rgb.Length);
        if (nchw.Length != Length)
        {
            throw new ShapeException($"The input has 3 x {Height} x {Width} = {Length} elements; found room for {nchw.Length}.");
        }

        PictureFit fit = PictureFit.Of(_fit, width, height, Width, Height);
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            throw new InvalidOperationException("Another thread is using this input; use one for each thread.");
        }

        try
        {
            Write(rgb, width, height, fit, nchw);
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }

        return fit;
    }

    /// <summary>Prepares what writes a camera's frames into such inputs, without allocation and on the threads of a session.</summary>
    /// <param name="format">What the bytes of a frame mean.</param>
    /// <param name="transform">How the upright picture comes from the frame; null if it is the frame.</param>
    /// <exception cref="FrameException">The region is not within the frame, or the resized picture would be too large.</exception>
    public FrameConverter CreateConverter(FrameFormat format, FrameTransform? transform = null) =>
        new(format, transform, TargetFor);

    /// <summary>What becomes of an upright picture that is a camera's.</summary>
    internal FrameTarget TargetFor(int width, int height)
    {
        PictureFit fit = PictureFit.Of(_fit, width, height, Width, Height);
        return new FrameTarget(Width, Height, new(fit.Width, 0, fit.Width), new(fit.Height, 0, fit.Height), fit.Left, fit.Top)
        {
            Mean = _preprocessing.Mean,
            StandardDeviation = _preprocessing.StandardDeviation,
            BlueFirst = _firstColour != 0,
            Padding = _padding,
        };
    }

    private void Write(ReadOnlySpan<byte> rgb, int width, int height, PictureFit fit, Span<float> nchw)
    {
        int length = RgbImage.Channels * fit.Width * fit.Height;
        byte[] resized = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> pixels = resized.AsSpan(0, length);
            BilinearResampler.Resample(
                rgb, width, height, new(fit.Width, 0, fit.Width), new(fit.Height, 0, fit.Height), pixels, ref _columns, ref _rows);
            for (int plane = 0; plane < RgbImage.Channels; plane++)
            {
                WritePlane(pixels, fit, Math.Abs(plane - _firstColour), nchw.Slice(plane * Width * Height, Width * Height));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(resized);
        }
    }

    private void WritePlane(ReadOnlySpan<byte> pixels, PictureFit fit, int colour, Span<float> plane)
    {
        ReadOnlySpan<float> normalised = _normalised.AsSpan(colour * 256, 256);
        if (fit.Width != Width || fit.Height != Height)
        {
            plane.Fill(normalised[_padding]);
        }

        int sample = colour;
        for (int y = 0; y < fit.Height; y++)
        {
            foreach (ref float value in plane.Slice(((fit.Top + y) * Width) + fit.Left, fit.Width))
            {
                value = normalised[pixels[sample]];
                sample += RgbImage.Channels;
            }
        }
    }
}
