using System.Collections.Immutable;
using System.Diagnostics;
using DwEngine.Formats;
using DwEngine.Runtime;
using DwEngine.Simd;

namespace DwEngine.Compare;

/// <summary>
/// The whole comparison: outputs, starting, loading, idling, tails, frames at a fixed rate, then the speed of every network at every thread
/// count and batch.
/// </summary>
/// <param name="options">What is compared.</param>
/// <param name="progress">Gets a line for each part that begins.</param>
internal sealed class Comparison(CompareOptions options, TextWriter progress)
{
    private const int LoadRepeats = 7;

    // The network whose sessions idle, if it is among those that are compared.
    private const string IdleNetwork = "shufflenet_v2_x1_0";

    // What everything but measuring speed may take before it takes from the time for that, as it does on a busy machine: for all networks,
    // and for each network and thread count at a fixed rate, which takes two seconds to get ready.
    private static readonly TimeSpan s_allowance = TimeSpan.FromSeconds(60),
    s_pacedAllowance = TimeSpan.FromSeconds((2 * PacedProcess.Seconds) + 2);

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
        ProcessFacts? runtimeAlone = Has(Part.Starts) ? ChildProcess.MeasureNothing() : null;
        foreach (ModelPair pair in Has(Part.Starts) ? options.Pairs : [])
        {
            cancellation.ThrowIfCancellationRequested();
            MeasureStart(pair, processes, loads);
        }

        IdleResult? idle = Has(Part.Idle) ? MeasureIdle() : null;
        ImmutableArray<TailResult> tails = Has(Part.Tails) ? [.. options.Pairs.Select(pair => MeasureTail(pair, cancellation))] : [];
        ImmutableArray<PacedResult> paced = Has(Part.Paced) ? MeasurePaced(cancellation) : [];

        int count = options.Pairs.Length * options.Threads.Length * options.Batches.Length;
        TimeSpan limit = (count * options.Budget) + s_allowance + (paced.Length * s_pacedAllowance);
        if (Has(Part.Speed))
        {
            ForEach("measuring", cancellation, sides =>
            {
                TimeSpan left = (limit - Stopwatch.GetElapsedTime(start)) / (count - configurations.Count);
                configurations.Add(Measure(sides, left < options.Budget ? left : options.Budget, cancellation));
                _peak.Sample();
            });
        }

        return new ComparisonResult
        {
            Cpu = $"{Processor.Name}, {Environment.ProcessorCount} logical processors",
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
            Paced = paced,
            Elapsed = Stopwatch.GetElapsedTime(start),
        };
    }

    private bool Has(Part part) => !options.Skipped.Contains(part);

    private RunnerOptions RunnerOptionsFor(int threads) => new(threads, options.Isa, options.Affinity);

    private IdleResult MeasureIdle()
    {
        progress.WriteLine($"idle sessions: {IdleProcess.Seconds} s");
        return IdleProcess.Measure(options.Pairs.FirstOrDefault(pair => pair.Name == IdleNetwork) ?? options.Pairs[0]);
    }

    private ImmutableArray<PacedResult> MeasurePaced(CancellationToken cancellation)
    {
        var results = ImmutableArray.CreateBuilder<PacedResult>();
        foreach (ModelPair pair in options.Pairs)
        {
            foreach (int threads in options.Threads)
            {
                cancellation.ThrowIfCancellationRequested();
                progress.WriteLine(FormattableString.Invariant(
                    $"at {options.Hertz} Hz: {pair.Name}, threads {threads}, {PacedProcess.Seconds} s for each engine"));
                results.Add(PacedProcess.Measure(pair, RunnerOptionsFor(threads), options.Hertz, cancellation));
            }
        }

        return results.ToImmutable();
    }

    private void ForEach(string what, CancellationToken cancellation, Action<Sides> action)
    {
        foreach (ModelPair pair in options.Pairs)
        {
            using Model model = ModelPair.Load(pair.Weights);
            foreach (int threads in options.Threads)
            {
                foreach (int batch in options.Batches)
                {
                    cancellation.ThrowIfCancellationRequested();
                    progress.WriteLine($"{what}: {pair.Name}, threads {threads}, batch {batch}");
                    using var sides = new Sides(pair, model, RunnerOptionsFor(threads), batch);
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
            string safeTensors = pair.Weights;
            if (pair.HasWeights)
            {
                safeTensors = Path.Combine(folder.FullName, "model.safetensors");
                CheckpointFile.Save(safeTensors, CheckpointFile.Load(pair.Weights));
            }

            int threads = options.Threads[0];
            processes.Add(new ProcessResult(
                pair.Name, ChildProcess.Measure(pair with { Weights = safeTensors }, threads), options.Tool?.Measure(safeTensors)));
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
        using var runner = EngineRunner.FromFile(pair.Weights, RunnerOptionsFor(Threads).ForSession());
        return new TailResult(pair.Name, Threads, TailMeter.Measure(runner, cancellation));
    }

    private static LoadResult MeasureLoading(ModelPair pair, string safeTensors)
    {
        LoadOurs(safeTensors);
        return new LoadResult(
            pair.Name,
            MedianOf(() => LoadOurs(pair.Weights)),
            MedianOf(() => LoadOurs(safeTensors)),
            MedianOf(() => PeerRunner.FromFile(pair.Onnx, 1).Dispose()));

        static void LoadOurs(string file) => EngineRunner.FromFile(file, new SessionOptions()).Dispose();

        static double MedianOf(Action load) => Timing.OfTicks([.. Enumerable.Range(0, LoadRepeats).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            load();
            return Stopwatch.GetTimestamp() - start;
        })]).Median;
    }

    private ConfigurationResult Measure(Sides sides, TimeSpan budget, CancellationToken cancellation)
    {
        OutputDifference agreement = sides.Require();
        Samples samples = Interleaver.Measure(sides.Peer, sides.Ours, budget, cancellation);
        return new ConfigurationResult
        {
            Model = sides.Pair.Name,
            Threads = sides.Threads,
            Batch = sides.Batch,
            MultiplyAdds = sides.Ours.MultiplyAdds,
            Samples = samples,
            OutputDifference = agreement,
            Allocated = BySide.Of(engine => AllocationMeter.BytesPerRun(sides[engine])),
            PeerCalls = sides.Peer.Calls,
            PeerObstacle = sides.PeerObstacle,
        };
    }
}
