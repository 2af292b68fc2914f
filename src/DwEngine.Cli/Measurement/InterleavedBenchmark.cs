using System.Diagnostics;
using DwEngine.Cli.Output;

namespace DwEngine.Cli.Measurement;

/// <summary>
/// Compares the time of two sessions. Their runs alternate, so that whatever else the machine does meanwhile slows both alike.
/// </summary>
internal static class InterleavedBenchmark
{
    private const int FewestRuns = 3;

    /// <summary>Warms both up and measures each of their runs.</summary>
    /// <param name="first">The one that runs first of each pair.</param>
    /// <param name="second">The other.</param>
    /// <param name="runs">Runs of each at most.</param>
    /// <param name="time">No further pair of runs begins after this time, but for the first few.</param>
    /// <param name="progress">Counts the pairs of runs.</param>
    /// <param name="cancellation">Stops it between two runs.</param>
    public static (Timing First, Timing Second) Measure(
        SessionBenchmark first,
        SessionBenchmark second,
        int runs,
        TimeSpan time,
        DelayedProgress progress,
        CancellationToken cancellation)
    {
        first.WarmUp(cancellation);
        second.WarmUp(cancellation);
        long[] firstTicks = new long[runs], secondTicks = new long[runs];
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        while (done < runs && (done < FewestRuns || Stopwatch.GetElapsedTime(start) < time))
        {
            firstTicks[done] = first.RunOnce(cancellation);
            secondTicks[done] = second.RunOnce(cancellation);
            progress.Report(++done);
        }

        return (new Timing(firstTicks.AsSpan(0, done)), new Timing(secondTicks.AsSpan(0, done)));
    }
}
