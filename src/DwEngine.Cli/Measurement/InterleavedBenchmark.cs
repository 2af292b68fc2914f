using DwEngine.Cli.Output;

namespace DwEngine.Cli.Measurement;

/// <summary>
/// Compares the time of two sessions. Their runs alternate, so that whatever else the machine does meanwhile slows both alike.
/// </summary>
internal static class InterleavedBenchmark
{
    /// <summary>Warms both up and measures each of their runs.</summary>
    /// <param name="first">The one that runs first of each pair.</param>
    /// <param name="second">The other.</param>
    /// <param name="runs">Runs of each.</param>
    /// <param name="progress">Counts the pairs of runs.</param>
    /// <param name="cancellation">Stops it between two runs.</param>
    public static (Timing First, Timing Second) Measure(
        SessionBenchmark first, SessionBenchmark second, int runs, DelayedProgress progress, CancellationToken cancellation)
    {
        first.WarmUp(cancellation);
        second.WarmUp(cancellation);
        long[] firstTicks = new long[runs], secondTicks = new long[runs];
        for (int i = 0; i < runs; i++)
        {
            firstTicks[i] = first.RunOnce(cancellation);
            secondTicks[i] = second.RunOnce(cancellation);
            progress.Report(i + 1);
        }

        return (new Timing(firstTicks), new Timing(secondTicks));
    }
}
