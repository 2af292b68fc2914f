using System.Collections.Immutable;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Frames;

namespace DwEngine.Vision.Detection;

/// <summary>What a <see cref="Detector"/> is told. What is null follows from the network's outputs and metadata, else from its
/// family.</summary>
public sealed record DetectorOptions
{
    /// <summary>The family of the network, or null to find it by the outputs.</summary>
    public DetectorFamily? Family { get; init; }

    /// <summary>The classes' names, in the network's order.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <summary>What is done to pictures.</summary>
    public DetectorPreprocessing? Preprocessing { get; init; }

    /// <summary>Boxes of a lower score are left out.</summary>
    public float MinimumScore { get; init; } = 0.5f;

    /// <summary>A box goes that overlaps a better one of its class by more than this (<see cref="BoundingBox.Overlap"/>).</summary>
    public float MaximumOverlap { get; init; } = 0.45f;

    /// <summary>How the network runs; its input shape is 1 x 3 x height x width.</summary>
    public SessionOptions Session { get; init; } = SessionOptions.Default;
}

/// <summary>
/// A network that finds objects: pictures in, a list of labels, scores and boxes out. It owns a session; one detector is for one thread at
/// a time, and a second one is refused with <see cref="InvalidOperationException"/>.
/// </summary>
public sealed class Detector : IDisposable
{
    private readonly Session _session;
    private readonly IDetectionDecoder _decoder;
    private readonly PictureInput _pictures;
    private readonly float[] _input;
    private readonly float[][] _values;
    private readonly ReadOnlyMemory<float>[] _outputs;
    private readonly ScoredBox[] _boxes;
    private readonly float _minimumScore, _maximumOverlap;
    private int _isBusy;

    /// <summary>Prepares a network.</summary>
    /// <param name="model">A network with one input 1 x 3 x height x width. It is not disposed with the detector.</param>
    /// <param name="options">What the outputs do not tell.</param>
    /// <exception cref="DetectionException">No decoder fits the outputs, or the labels or limits do not fit.</exception>
    /// <exception cref="DwEngineException">The preprocessing is out of range, or the session cannot be made.</exception>
    public Detector(Model model, DetectorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        (_minimumScore, _maximumOverlap) = (RequireShare(options.MinimumScore, "score"), RequireShare(options.MaximumOverlap, "overlap"));
        _session = model.CreateSession(options.Session);
        try
        {
            Shape shape = RequirePictureInput(_session);
            ModelMetadata? metadata = (model as NetworkModel)?.Metadata;
            ImmutableArray<string>? labels = options.Labels ?? metadata?.Labels;
            (Family, _decoder) = DetectorFamily.Choose(
                new DetectorSignature(_session.Outputs, shape[3], shape[2], labels?.Length),
                options.Family is { } family ? [family] : []);
            Labels = labels ?? Family.AssumedLabels(_decoder.ClassCount);
            HasLabels = labels is not null;
            Preprocessing = options.Preprocessing ?? Family.Preprocessing with
            {
                Mean = metadata?.Mean ?? Family.Preprocessing.Mean,
                StandardDeviation = metadata?.StandardDeviation ?? Family.Preprocessing.StandardDeviation,
            };
            _pictures = new PictureInput(Preprocessing, shape[3], shape[2]);
            _input = new float[_pictures.Length];
            _values = [.. _session.Outputs.Select(output => new float[output.Shape.ElementCount])];
            _outputs = [.. _values.Select(values => (ReadOnlyMemory<float>)values)];
            _boxes = new ScoredBox[_decoder.MaxBoxes];
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <summary>The family of the network.</summary>
    public DetectorFamily Family { get; }

    /// <summary>The classes' names; those that the family assumes where nobody told them.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <summary>Whether options or metadata told the classes' names.</summary>
    public bool HasLabels { get; }

    /// <summary>What is done to pictures.</summary>
    public DetectorPreprocessing Preprocessing { get; }

    /// <summary>Width of the network's input in pixels.</summary>
    public int InputWidth => _pictures.Width;

    /// <summary>Height of the network's input in pixels.</summary>
    public int InputHeight => _pictures.Height;

    /// <summary>The most objects that one picture can have.</summary>
    public int MaxObjects => _boxes.Length;

    /// <summary>Finds the objects of a picture.</summary>
    /// <param name="picture">The upright picture, of any size.</param>
    /// <returns>The objects, the best first, with boxes in pixels of the picture.</returns>
    /// <exception cref="DetectionException">The outputs are not finite, or no probabilities.</exception>
    /// <exception cref="InvalidOperationException">Another thread uses this detector.</exception>
    /// <exception cref="ObjectDisposedException">The detector is disposed.</exception>
    public IReadOnlyList<DetectedObject> Detect(RgbImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var found = new DetectedObject[MaxObjects];
        return found[..Detect(picture.Pixels, picture.Width, picture.Height, found)];
    }

    /// <summary>Finds the objects of a picture that is not a file's, such as a camera's. Allocates nothing once it has seen the picture's
    /// size.</summary>
    /// <param name="rgb">Interleaved 8-bit RGB, <c>3 * width * height</c> samples.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="found">
    /// Receives the objects, the best first, with boxes in pixels of the picture. <see cref="MaxObjects"/> is room for all; of more than
    /// there is room for, the best are written.
    /// </param>
    /// <returns>How many were written.</returns>
    /// <exception cref="ShapeException">The number of samples is not the one that the sides give.</exception>
    /// <exception cref="DetectionException">The outputs are not finite, or no probabilities.</exception>
    /// <exception cref="InvalidOperationException">Another thread uses this detector.</exception>
    /// <exception cref="ObjectDisposedException">The detector is disposed.</exception>
    public int Detect(ReadOnlySpan<byte> rgb, int width, int height, Span<DetectedObject> found)
    {
        Enter();
        try
        {
            PictureFit fit = _pictures.Apply(rgb, width, height, _input);
            return Write(Run(_input), fit, found);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Prepares what writes a camera's frames into the input of this detector.</summary>
    /// <param name="format">What the bytes of a frame mean.</param>
    /// <param name="transform">How the upright picture comes from the frame; null if it is the frame.</param>
    /// <exception cref="FrameException">The region is not within the frame, or the resized picture would be too large.</exception>
    public FrameConverter CreateConverter(FrameFormat format, FrameTransform? transform = null) =>
        _pictures.CreateConverter(format, transform);

    /// <summary>Finds the objects of a camera's frame. The session's threads prepare the input. Allocates nothing after the first
    /// frame.</summary>
    /// <param name="frame">The bytes, at least <see cref="FrameFormat.Length"/>.</param>
    /// <param name="converter">Made by <see cref="CreateConverter"/> of this detector, or for inputs of the same size.</param>
    /// <param name="found">As for pictures, with boxes in pixels of the frame as the camera gives it, before crop and turn.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="FrameException">The frame is too short.</exception>
    /// <exception cref="ShapeException">The converter is for inputs of another size.</exception>
    /// <exception cref="DetectionException">The outputs are not finite, or no probabilities.</exception>
    /// <exception cref="InvalidOperationException">Another thread uses this detector.</exception>
    /// <exception cref="ObjectDisposedException">The detector is disposed.</exception>
    public int Detect(ReadOnlySpan<byte> frame, FrameConverter converter, Span<DetectedObject> found)
    {
        ArgumentNullException.ThrowIfNull(converter);
        if (converter.Width != InputWidth || converter.Height != InputHeight)
        {
            throw new ShapeException(
                $"The converter is for an input of {converter.Width} x {converter.Height}; {InputWidth} x {InputHeight} was expected.");
        }

        Enter();
        try
        {
            converter.Write(frame, _session, _input);
            int count = Write(Run(_input), WholeInput, found);
            foreach (ref DetectedObject one in found[..count])
            {
                one = one with { Box = ToFrame(converter, one.Box) };
            }

            return count;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Finds the objects in an input that is prepared already. Allocates nothing.</summary>
    /// <param name="nchw">The network's input, 1 x 3 x height x width.</param>
    /// <param name="found">As for pictures, with boxes in pixels of the input.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="ShapeException">The input has another length.</exception>
    /// <exception cref="DetectionException">The outputs are not finite, or no probabilities.</exception>
    /// <exception cref="InvalidOperationException">Another thread uses this detector.</exception>
    /// <exception cref="ObjectDisposedException">The detector is disposed.</exception>
    public int Detect(ReadOnlySpan<float> nchw, Span<DetectedObject> found)
    {
        Enter();
        try
        {
            return Write(Run(nchw), WholeInput, found);
        }
        finally
        {
            Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private PictureFit WholeInput => PictureFit.Of(FitMode.Stretch, InputWidth, InputHeight, InputWidth, InputHeight);

    // The session refuses a second thread only while it runs, but the input and the outputs are used before and after, too.
    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _isBusy, 1, 0) != 0)
        {
            throw new InvalidOperationException("Another thread uses this detector; use one detector for each thread.");
        }
    }

    private void Exit() => Volatile.Write(ref _isBusy, 0);

    // A turn or a mirror exchanges the corners.
    private static BoundingBox ToFrame(FrameConverter converter, in BoundingBox box)
    {
        (float x1, float y1) = converter.ToFrame(box.X1, box.Y1);
        (float x2, float y2) = converter.ToFrame(box.X2, box.Y2);
        return new(Math.Min(x1, x2), Math.Min(y1, y2), Math.Max(x1, x2), Math.Max(y1, y2));
    }

    private static float RequireShare(float value, string what) => value is >= 0 and <= 1
        ? value
        : throw new DetectionException($"A limit of the {what} from 0 to 1 was expected; found {value}.");

    private static Shape RequirePictureInput(Session session)
    {
        Shape shape = session.InputShape;
        bool fits = session.Inputs is [{ Type: ElementType.Float32 }] && shape.Rank == 4 && shape[0] == 1 && shape[1] == RgbImage.Channels
            && session.Outputs.Length < SessionCall.MostSpans;
        return fits ? shape : throw new DetectionException(
            $"One float32 input 1 x 3 x height x width and at most {SessionCall.MostSpans - 1} outputs were expected; found "
            + $"{string.Join(", ", session.Inputs.Select(input => $"'{input.Name}' {input.Type} {input.Shape}"))} "
            + $"and {session.Outputs.Length} outputs.");
    }

    private ReadOnlySpan<ScoredBox> Run(ReadOnlySpan<float> nchw)
    {
        SessionCall call = _session.With().Input(_session.Inputs[0].Name, nchw);
        for (int i = 0; i < _values.Length; i++)
        {
            call = call.Output(_session.Outputs[i].Name, _values[i].AsSpan());
        }

        call.Run();
        Span<ScoredBox> boxes = _boxes.AsSpan(0, _decoder.Decode(_outputs, _minimumScore, _boxes));
        return boxes[..NonMaximumSuppression.Apply(boxes, _maximumOverlap)];
    }

    private int Write(ReadOnlySpan<ScoredBox> boxes, PictureFit fit, Span<DetectedObject> found)
    {
        int count = Math.Min(boxes.Length, found.Length);
        for (int i = 0; i < count; i++)
        {
            found[i] = new DetectedObject(Labels[boxes[i].Class], boxes[i].Score, fit.ToPicture(boxes[i].Box));
        }

        return count;
    }
}
