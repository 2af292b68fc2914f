using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Vision.Frames;

/// <summary>
/// Writes a camera's frames into the input of a network: cut out, turned, mirrored, resized, converted to red, green and blue of 8 bits and
/// normalised. The result is that of a file with the same picture, bit for bit, on every instruction set and with any number of threads.
/// Made once for one format; then it allocates nothing. It serves one call at a time.
/// </summary>
public sealed unsafe class FrameConverter
{
    private readonly FrameTarget _target;
    private readonly FrameConversion _conversion;
    private readonly FrameRegion _region;
    private readonly bool _isTurned, _isXReversed, _isYReversed;
    private int _isBusy;

    /// <summary>Prepares what a classifier gets: the shorter side is resized and the middle square cut out.</summary>
    /// <param name="format">What the bytes of a frame mean.</param>
    /// <param name="preprocessing">What is done to the upright picture.</param>
    /// <param name="transform">How the upright picture comes from the frame; null if it is the frame.</param>
    /// <exception cref="FrameException">The region is not within the frame, or the resized picture would be too large.</exception>
    public FrameConverter(FrameFormat format, Preprocessing preprocessing, FrameTransform? transform = null)
        : this(format, transform, (width, height) => (preprocessing ?? throw new ArgumentNullException(nameof(preprocessing)))
            .TargetFor(width, height))
    {
    }

    internal FrameConverter(
        FrameFormat format, FrameTransform? transform, Func<int, int, FrameTarget> targetFor, Isa? isa = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        (Format, Transform) = (format, transform ?? new());
        _region = Transform.RegionOf(format);
        int turns = (int)Transform.Turns;
        _isTurned = turns % 2 != 0;

        // Clockwise, the top of the frame becomes the right side.
        _isXReversed = (turns is 1 or 2) != Transform.Mirror;
        _isYReversed = turns is 2 or 3;
        (PictureWidth, PictureHeight) = _isTurned ? (_region.Height, _region.Width) : (_region.Width, _region.Height);
        _target = targetFor(PictureWidth, PictureHeight);
        FrameKernels kernels = (isa ?? Isas.Best) switch
        {
            Isa.Avx512 => new FrameKernels<Pixels512>(),
            Isa.Avx2 => new FrameKernels<Pixels256>(),
            _ => new FrameKernels<Pixels128>(),
        };
        FrameAxis across = Axis(alongX: !_isTurned, _isXReversed, _target.Columns), down = Axis(_isTurned, _isYReversed, _target.Rows);
        _conversion = new FrameConversion(kernels, new FrameSource(format), _target, across, down, _isTurned);

        FrameAxis Axis(bool alongX, bool isReversed, BilinearResampler.AxisWindow window) => alongX
            ? kernels.Axis(_region.X, _region.Width, format.Width, isReversed, window)
            : kernels.Axis(_region.Y, _region.Height, format.Height, isReversed, window);
    }

    /// <summary>What the bytes of a frame mean.</summary>
    public FrameFormat Format { get; }

    /// <summary>How the upright picture comes from the frame.</summary>
    public FrameTransform Transform { get; }

    /// <summary>Width of the upright picture in pixels of the frame.</summary>
    public int PictureWidth { get; }

    /// <summary>Height of the upright picture in pixels of the frame.</summary>
    public int PictureHeight { get; }

    /// <summary>Width of the input in pixels.</summary>
    public int Width => _target.Width;

    /// <summary>Height of the input in pixels.</summary>
    public int Height => _target.Height;

    /// <summary>Elements of the input: 1 x 3 x height x width.</summary>
    public int Length => RgbImage.Channels * Width * Height;

    /// <summary>Writes a frame on the caller's thread.</summary>
    /// <param name="frame">The bytes, at least <see cref="FrameFormat.Length"/>; what lies beyond is not read.</param>
    /// <param name="nchw">Where the 1 x 3 x H x W tensor goes, <see cref="Length"/> values.</param>
    /// <exception cref="FrameException">The frame is too short.</exception>
    /// <exception cref="ShapeException"><paramref name="nchw"/> has another length.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using this converter.</exception>
    public void Write(ReadOnlySpan<byte> frame, Span<float> nchw) => Write(frame, nchw, null);

    /// <summary>Writes a frame on the threads of a session, anywhere.</summary>
    /// <param name="frame">The bytes, at least <see cref="FrameFormat.Length"/>; what lies beyond is not read.</param>
    /// <param name="session">Its threads do the work; it may not be running.</param>
    /// <param name="nchw">Where the 1 x 3 x H x W tensor goes, <see cref="Length"/> values.</param>
    /// <exception cref="FrameException">The frame is too short.</exception>
    /// <exception cref="ShapeException"><paramref name="nchw"/> has another length.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using this converter or the session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Write(ReadOnlySpan<byte> frame, Session session, Span<float> nchw)
    {
        ArgumentNullException.ThrowIfNull(session);
        Write(frame, nchw, session);
    }

    /// <summary>
    /// Writes a frame on the threads of a session into the session's own memory of its first input, for <see cref="Session.Run()"/>.
    /// Allocates nothing after the first call.
    /// </summary>
    /// <param name="frame">The bytes, at least <see cref="FrameFormat.Length"/>; what lies beyond is not read.</param>
    /// <param name="session">Its first input is float32, 1 x 3 x H x W.</param>
    /// <exception cref="FrameException">The frame is too short.</exception>
    /// <exception cref="ShapeException">The first input has another shape.</exception>
    /// <exception cref="ArgumentException">The first input is not float32.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using this converter or the session.</exception>
    /// <exception cref="ObjectDisposedException">The session is disposed.</exception>
    public void Write(ReadOnlySpan<byte> frame, Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        Shape shape = session.InputShape;
        bool fits = shape.Rank == 4 && shape[0] == 1 && shape[1] == RgbImage.Channels && shape[2] == Height && shape[3] == Width;
        if (!fits)
        {
            throw new ShapeException(
                $"The input '{session.Inputs[0].Name}' of the session is {shape}; 1 x {RgbImage.Channels} x {Height} x {Width} was "
                    + "expected.");
        }

        Write(frame, session.Input<float>(session.Inputs[0].Name), session);
    }

    /// <summary>Where a point of the input lies in the frame as the camera gives it. Pixel (0, 0) covers 0 to 1.</summary>
    public (float X, float Y) ToFrame(float x, float y)
    {
        float across = (x - _target.Left + _target.Columns.Start) * PictureWidth / _target.Columns.ResizedLength;
        float down = (y - _target.Top + _target.Rows.Start) * PictureHeight / _target.Rows.ResizedLength;
        across = _isXReversed ? PictureWidth - across : across;
        down = _isYReversed ? PictureHeight - down : down;
        return _isTurned ? (_region.X + down, _region.Y + across) : (_region.X + across, _region.Y + down);
    }

    /// <summary>Where a point of the frame lies in the input; the reverse of <see cref="ToFrame"/>.</summary>
    public (float X, float Y) ToInput(float x, float y)
    {
        (float across, float down) = _isTurned ? (y - _region.Y, x - _region.X) : (x - _region.X, y - _region.Y);
        across = _isXReversed ? PictureWidth - across : across;
        down = _isYReversed ? PictureHeight - down : down;
        return (
            (across * _target.Columns.ResizedLength / PictureWidth) - _target.Columns.Start + _target.Left,
            (down * _target.Rows.ResizedLength / PictureHeight) - _target.Rows.Start + _target.Top);
    }

    private void Write(ReadOnlySpan<byte> frame, Span<float> nchw, Session? session)
    {
        if (frame.Length < Format.Length)
        {
            throw new FrameException($"A {Format} frame of {Words.Count(frame.Length, "byte")}; at least {Format.Length} were expected.");
        }

        if (nchw.Length != Length)
        {
            throw new ShapeException($"The input has 3 x {Height} x {Width} = {Length} elements; found room for {nchw.Length}.");
        }

        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            throw new InvalidOperationException("Another thread is using this converter; use one for each thread.");
        }

        try
        {
            fixed (byte* bytes = frame)
            fixed (float* values = nchw)
            {
                _conversion.Run(bytes, values, session);
            }
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }
}
