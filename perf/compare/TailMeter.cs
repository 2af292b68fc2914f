using System.Diagnostics;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>Durations of many runs of this engine with nothing between them.</summary>
/// <param name="Model">The network.</param>
/// <param name="Threads">The session's threads.</param>
/// <param name="Runs">The durations.</param>
internal sealed record TailResult(string Model, int Threads, Timing Runs)
{
    /// <summary>The time that 99 of 100 runs keep, in milliseconds.</summary>
    public double P99Ms => Runs.Quantile(0.99);

    /// <summary>That time over the median.</summary>
    public double Ratio => P99Ms / Runs.Median;
}

/// <summary>Runs one side back to back and keeps the time of every run.</summary>
internal static class TailMeter
{
    // Twenty of them lie beyond the 99th percentile.
    private const int Runs = 2000;

    // A network that is far slower than those of the defaults has fewer runs.
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(25);

    /// <summary>Warms up and measures.</summary>
    public static Timing Measure(IRunner runner, CancellationToken cancellation)
    {
        List<long> ticks = new(Runs);
        WarmUp.Run(runner.Run, cancellation);
        GC.Collect();
        long start = Stopwatch.GetTimestamp(), end = start;
        while (ticks.Count < Runs && Stopwatch.GetElapsedTime(start, end) < s_most)
        {
            cancellation.ThrowIfCancellationRequested();
            long begin = Stopwatch.GetTimestamp();
            runner.Run();
            end = Stopwatch.GetTimestamp();
            ticks.Add(end - begin);
        }

        return Timing.OfTicks(ticks);
    }
}
