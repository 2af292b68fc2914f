using BenchmarkDotNet.Attributes;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

namespace DwEngine.Benchmarks;

/// <summary>What it takes to write a camera's frame of 1280 x 720 pixels into an input of 224 x 224, on the threads of a session.</summary>
public class FrameBenchmarks
{
    private Model? _model;
    private Session? _session;
    private FrameConverter? _converter;
    private byte[] _frame = [];
    private float[] _values = [];

    [ParamsAllValues]
    public PixelFormat Pixels { get; set; }

    [Params(QuarterTurns.None, QuarterTurns.One)]
    public QuarterTurns Turns { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var shape = new Shape(1, 3, 224, 224);
        ValueHandle x = new GraphBuilder().Input("x", shape);
        _model = new Model(x.Builder.Build(x.Relu()));
        _session = _model.CreateSession(SessionOptions.Default with { InputShape = shape, Threads = Threads });
        var format = new FrameFormat(Pixels, 1280, 720);
        var preprocessing = new DetectorPreprocessing { Mean = [0.485f, 0.456f, 0.406f], StandardDeviation = [0.229f, 0.224f, 0.225f] };
        _converter = new PictureInput(preprocessing, 224, 224).CreateConverter(format, new FrameTransform { Turns = Turns });
        _frame = new byte[format.Length];
        new Random(1).NextBytes(_frame);
        _values = new float[_converter.Length];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _session?.Dispose();
        _model?.Dispose();
    }

    [Benchmark]
    public void Write() => _converter!.Write(_frame, _session!, _values);
}
