using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

namespace DwEngine.Samples;

/// <summary>What is done with a frame.</summary>
internal abstract class FrameTask : IDisposable
{
    /// <summary>What a frame must give, where that is known.</summary>
    public int? Expects { get; protected init; }

    /// <summary>A detector where the outputs are one's, else a classifier.</summary>
    public static FrameTask Create(LoopOptions options, FrameFormat format)
    {
        var session = new SessionOptions
        {
            Threads = options.Threads,
            LocksMemory = options.IsRealTime,
            TouchesMemory = options.IsRealTime,
            Priority = options.IsRealTime ? ControlLoop.Priority : null,
        };
        if (options.Model is null)
        {
            var cells = new DetectorOptions
            {
                Family = DetectorFamily.Named("fastestdet"),
                Labels = [.. ColourCells.Labels],
                Session = session,
            };
            return new DetectorTask(new Model(ColourCells.Build()), cells, format) { Expects = options.Frames is null ? 1 : null };
        }

        var model = new Model(OnnxFile.Load(options.Model).Graph);
        if (model.Graph.Inputs is not [{ DefaultShape: { Rank: 4 } shape }] || shape[1] != 3)
        {
            throw new FrameException($"{options.Model}: a network with one input 1 x 3 x height x width was expected.");
        }

        bool isClassifier = model.Graph.Infer() is var facts && model.Graph.Outputs.Length == 1
            && facts[model.Graph.Outputs[0].Value].Shape.Rank == 2;
        return isClassifier
            ? new ClassifierTask(model, session, format)
            : new DetectorTask(model, new DetectorOptions { Session = session }, format);
    }

    /// <summary>Computes until nothing is left to compile.</summary>
    public abstract void WarmUp();

    /// <summary>Takes a frame.</summary>
    /// <returns>How many objects were found; 1 for a class.</returns>
    public abstract int Run(ReadOnlySpan<byte> frame);

    public abstract void Dispose();
}

/// <summary>Finds objects.</summary>
internal sealed class DetectorTask : FrameTask
{
    private readonly Model _model;
    private readonly Detector _detector;
    private readonly FrameConverter _converter;
    private readonly DetectedObject[] _found;

    public DetectorTask(Model model, DetectorOptions options, FrameFormat format)
    {
        _model = model;
        _detector = new Detector(model, options);
        _converter = _detector.CreateConverter(format);
        _found = new DetectedObject[_detector.MaxObjects];
    }

    public override void WarmUp() => DwEngine.Runtime.WarmUp.Run(() => Run(new byte[_converter.Format.Length]), CancellationToken.None);

    public override int Run(ReadOnlySpan<byte> frame) => _detector.Detect(frame, _converter, _found);

    public override void Dispose()
    {
        _detector.Dispose();
        _model.Dispose();
    }

    public override string ToString() => $"{_detector.Family.Name} at {_detector.InputWidth} x {_detector.InputHeight}";
}

/// <summary>Finds the most probable class.</summary>
internal sealed class ClassifierTask : FrameTask
{
    private readonly Model _model;
    private readonly Session _session;
    private readonly FrameConverter _converter;
    private readonly string _output;

    public ClassifierTask(Model model, SessionOptions options, FrameFormat format)
    {
        _model = model;
        _session = model.CreateSession(options);
        _output = _session.Outputs[0].Name;
        Shape input = _session.InputShape;
        // What networks for ImageNet are trained with.
        _converter = new FrameConverter(
            format, new Preprocessing(input[2] * 8 / 7, input[2], [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]));
    }

    /// <summary>The class of the last frame.</summary>
    public int Class { get; private set; }

    public override void WarmUp() => _session.WarmUp();

    public override int Run(ReadOnlySpan<byte> frame)
    {
        _converter.Write(frame, _session);
        _session.Run();
        ReadOnlySpan<float> scores = _session.Output<float>(_output);
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        Class = best;
        return 1;
    }

    public override void Dispose()
    {
        _session.Dispose();
        _model.Dispose();
    }

    public override string ToString() => $"a classifier at {_converter.Width} x {_converter.Height}";
}
