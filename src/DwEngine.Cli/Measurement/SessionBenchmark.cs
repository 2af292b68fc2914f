using System.Diagnostics;
using DwEngine.Cli.Output;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Cli.Measurement;

/// <summary>Measures a session on one fixed input: random numbers, and zeros where an input has whole numbers.</summary>
internal sealed class SessionBenchmark
{
    private const int Seed = 1;

    private readonly Session _session;

    // The caller's memory of a network that a picture goes into and an answer comes out of; others use the session's own.
    private readonly float[]? _input;
    private readonly float[]? _output;

    /// <exception cref="CommandException">The input or output is too large for one array.</exception>
    public SessionBenchmark(Session session)
    {
        _session = session;
        long largest = session.Inputs.Concat(session.Outputs).Max(value => value.ByteLength / value.Type.Size());
        if (largest > Array.MaxLength)
        {
            throw new CommandException(
                $"A tensor of {Words.Count(largest, "number")} is too large; at most {Array.MaxLength} are possible.");
        }

        var random = new Random(Seed);
        if (session.Inputs is [{ Type: ElementType.Float32 }] && session.Outputs is [{ Type: ElementType.Float32 }])
        {
            _input = new float[session.InputShape.ElementCount];
            _output = new float[session.OutputShape.ElementCount];
            Fill(_input, random);
            return;
        }

        foreach (SessionValue input in session.Inputs)
        {
            session.InputBytes(input.Name).Clear();
            if (input.Type == ElementType.Float32)
            {
                Fill(session.Input<float>(input.Name), random);
            }
        }
    }

    /// <summary>
    /// Managed bytes that one run allocates on all threads. The least of several blocks of runs: what a run itself allocates is in all of
    /// them, while what the runtime allocates for itself now and then is not.
    /// </summary>
    public long AllocatedBytesPerRun(CancellationToken cancellation)
    {
        const int Blocks = 3, Runs = 4;
        long least = long.MaxValue;
        for (int block = 0; block < Blocks; block++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int run = 0; run < Runs; run++)
            {
                RunOnce(cancellation);
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least / Runs;
    }

    /// <summary>Measures each of several runs.</summary>
    public Timing Measure(int runs, DelayedProgress progress, CancellationToken cancellation)
    {
        long[] ticks = new long[runs];
        for (int i = 0; i < runs; i++)
        {
            ticks[i] = RunOnce(cancellation);
            progress.Report(i + 1);
        }

        return Timing.OfTicks(ticks);
    }

    /// <summary>One run's duration in ticks of <see cref="Stopwatch"/>.</summary>
    public long RunOnce(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long start = Stopwatch.GetTimestamp();
        if (_input is null)
        {
            _session.Run();
        }
        else
        {
            _session.Run(_input, _output);
        }

        return Stopwatch.GetTimestamp() - start;
    }

    /// <summary>Measures each step of several runs, and the peak before and after them; the durations are each step's median.</summary>
    public LayerProfile Profile(int runs, CancellationToken cancellation)
    {
        var peak = new PeakMeter(_session.Isa);
        peak.Sample();
        int steps = _session.Steps.Length;
        var durations = new TimeSpan[steps];
        long[][] ticks = [.. Enumerable.Range(0, steps).Select(_ => new long[runs])];
        for (int run = 0; run < runs; run++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_input is null)
            {
                _session.Profile(durations);
            }
            else
            {
                _session.Profile(_input, _output, durations);
            }

            for (int step = 0; step < steps; step++)
            {
                ticks[step][run] = (long)(durations[step].TotalSeconds * Stopwatch.Frequency);
            }
        }

        peak.Sample();
        return new LayerProfile(
            [.. _session.Steps.Select((step, index) => new LayerTiming(step, Timing.OfTicks(ticks[index]).Median))],
            _session.Threads,
            peak.Isa,
            peak.GigaMacsPerSecond);
    }

    private static void Fill(Span<float> values, Random random)
    {
        foreach (ref float value in values)
        {
            value = (2 * random.NextSingle()) - 1;
        }
    }
}
