using System.Diagnostics;
using DwEngine.Cli.Output;
using DwEngine.Runtime;

namespace DwEngine.Cli.Measurement;

/// <summary>
/// Compares the time of several sessions. Their runs take turns, so that whatever else the machine does meanwhile slows all alike.
/// </summary>
internal static class InterleavedBenchmark
{
    private const int FewestRuns = 3;

    /// <summary>Warms all up and measures each of their runs.</summary>
    /// <param name="sessions">What is compared, in the order of a round.</param>
    /// <param name="runs">Runs of each at most.</param>
    /// <param name="time">No further round begins after this time, but for the first few.</param>
    /// <param name="progress">Counts the rounds.</param>
    /// <param name="cancellation">Stops it between two runs.</param>
    /// <returns>The times of each session.</returns>
    public static Timing[] Measure(
        IReadOnlyList<SessionBenchmark> sessions, int runs, TimeSpan time, DelayedProgress progress, CancellationToken cancellation)
    {
        // The sessions share their code, so they share the time that it takes to be optimised.
        WarmUp.Run(
            () =>
            {
                foreach (SessionBenchmark session in sessions)
                {
                    session.RunOnce(cancellation);
                }
            },
            cancellation);

        long[][] ticks = [.. sessions.Select(_ => new long[runs])];
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        while (done < runs && (done < FewestRuns || Stopwatch.GetElapsedTime(start) < time))
        {
            // There and back, so that what comes at the rate of the rounds does not always meet the same one.
            for (int i = 0; i < ticks.Length; i++)
            {
                int session = done % 2 == 0 ? i : ticks.Length - 1 - i;
                ticks[session][done] = sessions[session].RunOnce(cancellation);
            }

            progress.Report(++done);
        }

        return [.. ticks.Select(each => Timing.OfTicks(each.Take(done)))];
    }
}
