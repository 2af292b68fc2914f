using BenchmarkDotNet.Attributes;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Benchmarks;

/// <summary>One run of a whole network on one image of 224 x 224.</summary>
[MemoryDiagnoser]
public class NetworkBenchmarks
{
    private Session? _session;
    private float[] _input = [];
    private float[] _output = [];

    public static IEnumerable<string> Models => Networks.Names;

    public static IEnumerable<Isa> SupportedIsas => Isas.Supported;

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    [ParamsSource(nameof(SupportedIsas))]
    public Isa Isa { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _session = new Model(Networks.Build(Model)).CreateSession(new SessionOptions { Threads = Threads, Isa = Isa });
        _input = Networks.Random(new Random(2), _session.InputShape, 2).Floats.ToArray();
        _output = new float[_session.OutputShape.ElementCount];
    }

    [GlobalCleanup]
    public void Cleanup() => _session?.Dispose();

    [Benchmark]
    public void Run() => _session!.Run(_input, _output);
}
