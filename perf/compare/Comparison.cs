using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DwEngine.Formats;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>The whole comparison: outputs, starting, loading, idling, tails, then the speed of every network at every thread count and batch.</summary>
/// <param name="options">What is compared.</param>
/// <param name="progress">Gets a line for each part that begins.</param>
internal sealed class Comparison(CompareOptions options, TextWriter progress)
{
    private const int LoadRepeats = 7;

    // The network whose sessions idle, if it is among those that are compared.
    private const string IdleNetwork = "shufflenet_v2_x1_0";

    // What everything but measuring speed may take before it takes from the time for that, as it does on a busy machine.
    private static readonly TimeSpan s_allowance = TimeSpan.FromSeconds(100);

    private readonly PeakMeter _peak = new(Isas.Best);

    /// <summary>Compares all outputs, then measures everything.</summary>
    /// <exception cref="CompareException">Two outputs differ, or a side cannot run.</exception>
    public ComparisonResult Run(CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        var configurations = ImmutableArray.CreateBuilder<ConfigurationResult>();
        var loads = ImmutableArray.CreateBuilder<LoadResult>();
        var processes = ImmutableArray.CreateBuilder<ProcessResult>();
        ForEach("comparing outputs", cancellation, sides => sides.Require());
        _peak.Sample();
        ProcessFacts runtimeAlone = ChildProcess.MeasureNothing();
        foreach (ModelPair pair in options.Pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            MeasureStart(pair, processes, loads);
        }

        progress.WriteLine($"idle sessions: {IdleProcess.Seconds} s");
        IdleResult idle = IdleProcess.Measure(options.Pairs.FirstOrDefault(pair => pair.Name == IdleNetwork) ?? options.Pairs[0]);
        ImmutableArray<TailResult> tails = [.. options.Pairs.Select(pair => MeasureTail(pair, cancellation))];

        int count = options.Pairs.Length * options.Threads.Length * options.Batches.Length;
        TimeSpan limit = (count * options.Budget) + s_allowance;
        ForEach("measuring", cancellation, sides =>
        {
            TimeSpan left = (limit - Stopwatch.GetElapsedTime(start)) / (count - configurations.Count);
            configurations.Add(Measure(sides, left < options.Budget ? left : options.Budget, cancellation));
            _peak.Sample();
        });
        return new ComparisonResult
        {
            Cpu = CpuName(),
            Isa = options.Isa ?? Isas.Best,
            PeakIsa = _peak.Isa,
            PeakGmacsPerCore = _peak.GigaMacsPerSecond,
            Quiet = _peak.Quiet,
            PeerVersion = PeerRunner.Version,
            Configurations = configurations.ToImmutable(),
            Loads = loads.ToImmutable(),
            Processes = processes.ToImmutable(),
            RuntimeAlone = runtimeAlone,
            Idle = idle,
            Tails = tails,
            Elapsed = Stopwatch.GetElapsedTime(start),
        };
    }

    private void ForEach(string what, CancellationToken cancellation, Action<Sides> action)
    {
        foreach (ModelPair pair in options.Pairs)
        {
            Model model = ModelFile.Load(pair.Weights);
            foreach (int threads in options.Threads)
            {
                foreach (int batch in options.Batches)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress.WriteLine($"{what}: {pair.Name}, threads {threads}, batch {batch}");
                    using var sides = new Sides(pair, model, threads, batch, options.Isa);
                    action(sides);
                }
            }
        }
    }

    private void MeasureStart(ModelPair pair, ImmutableArray<ProcessResult>.Builder processes, ImmutableArray<LoadResult>.Builder loads)
    {
        progress.WriteLine($"starting and loading: {pair.Name}");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dw-compare-");
        try
        {
            string safeTensors = Path.Combine(folder.FullName, "model.safetensors");
            CheckpointFile.Save(safeTensors, CheckpointFile.Load(pair.Weights));
            int threads = options.Threads[0];
            processes.Add(new ProcessResult(
                pair.Name, ChildProcess.MeasureOurs(safeTensors, threads), ChildProcess.MeasurePeer(pair.Onnx, threads)));
            loads.Add(MeasureLoading(pair, safeTensors));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private TailResult MeasureTail(ModelPair pair, CancellationToken cancellation)
    {
        const int Threads = 1;
        progress.WriteLine($"tail: {pair.Name}");
        using var runner = EngineRunner.FromFile(pair.Weights, new SessionOptions { Threads = Threads, Isa = options.Isa });
        return new TailResult(pair.Name, Threads, TailMeter.Measure(runner, cancellation));
    }

    private static LoadResult MeasureLoading(ModelPair pair, string safeTensors)
    {
        LoadOurs(safeTensors);
        return new LoadResult(
            pair.Name,
            Timing.Of(LoadRepeats, () => LoadOurs(pair.Weights)).Median,
            Timing.Of(LoadRepeats, () => LoadOurs(safeTensors)).Median,
            Timing.Of(LoadRepeats, () => PeerRunner.FromFile(pair.Onnx, 1).Dispose()).Median);

        static void LoadOurs(string file) => EngineRunner.FromFile(file, new SessionOptions()).Dispose();
    }

    private ConfigurationResult Measure(Sides sides, TimeSpan budget, CancellationToken cancellation)
    {
        Agreement agreement = sides.Require();
        Samples samples = Interleaver.Measure(sides.Peer, sides.Ours, budget, cancellation);
        return new ConfigurationResult
        {
            Model = sides.Pair.Name,
            Threads = sides.Threads,
            Batch = sides.Batch,
            MultiplyAdds = sides.Ours.MultiplyAdds,
            Samples = samples,
            Agreement = agreement,
            OursAllocated = AllocationMeter.BytesPerRun(sides.Ours),
            PeerAllocated = AllocationMeter.BytesPerRun(sides.Peer),
            PeerCalls = sides.Peer.Calls,
            PeerObstacle = sides.PeerObstacle,
        };
    }

    private static string CpuName()
    {
        const string LinuxFacts = "/proc/cpuinfo", Key = "model name";
        string? line = File.Exists(LinuxFacts) ? File.ReadLines(LinuxFacts).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        string name = line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
        return $"{name}, {Environment.ProcessorCount} logical processors";
    }
}
