using System.Diagnostics;
using DwEngine.Runtime;

namespace DwEngine.Compare;

/// <summary>What was measured of two sides that ran in turns.</summary>
/// <param name="Runs">The runs of each engine.</param>
/// <param name="RoundRatios">For each round the peer's median divided by ours, so that drift of the machine cancels.</param>
internal sealed record Samples(BySide<Timing> Runs, Timing RoundRatios);

/// <summary>
/// Runs two sides in turns, a block of runs of the one, then a block of the other, so that both meet the same state of the machine.
/// </summary>
internal static class Interleaver
{
    private const int LeastRounds = 3, LeastRunsInBlock = 4;

    // The first run after a pause finds cold caches and parked threads.
    private const int UntimedRunsInBlock = 2;

    private static readonly TimeSpan s_block = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(5), s_mostPause = TimeSpan.FromMilliseconds(200);
    private const double IdleShare = 0.1;

    /// <summary>Warms both sides up and measures them for a time.</summary>
    /// <param name="first">The side that begins.</param>
    /// <param name="second">The other one.</param>
    /// <param name="budget">The time, warm-up included.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static Samples Measure(IRunner first, IRunner second, TimeSpan budget, CancellationToken cancellation)
    {
        if (first.Engine == second.Engine)
        {
            throw new ArgumentException($"Both sides are {Engines.NameOf(first.Engine)}.", nameof(second));
        }

        long start = Stopwatch.GetTimestamp();
        BySide<List<long>> ticks = BySide.Of(_ => new List<long>(1 << 16));
        var ratios = new List<double>();
        WarmUp.Run(first.Run, cancellation);
        WarmUp.Run(second.Run, cancellation);
        GC.Collect();
        while (ratios.Count < LeastRounds || Stopwatch.GetElapsedTime(start) < budget)
        {
            double firstMedian = Block(first, ticks[first.Engine], cancellation),
            secondMedian = Block(second, ticks[second.Engine], cancellation);
            ratios.Add(first.Engine == Engine.Peer ? firstMedian / secondMedian : secondMedian / firstMedian);
        }

        return new Samples(BySide.Of(engine => Timing.OfTicks(ticks[engine])), new Timing(ratios));
    }

    private static double Block(IRunner runner, List<long> ticks, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        AwaitIdle();
        for (int i = 0; i < UntimedRunsInBlock; i++)
        {
            runner.Run();
        }

        int first = ticks.Count;
        long start = Stopwatch.GetTimestamp();
        while (ticks.Count - first < LeastRunsInBlock || Stopwatch.GetElapsedTime(start) < s_block)
        {
            long begin = Stopwatch.GetTimestamp();
            runner.Run();
            ticks.Add(Stopwatch.GetTimestamp() - begin);
        }

        return Timing.OfTicks(ticks.Skip(first)).Median;
    }

    // Threads of the side that ran last still spin for work; the other side must not share the cores with them.
    private static void AwaitIdle()
    {
        for (TimeSpan waited = TimeSpan.Zero; waited < s_mostPause; waited += s_step)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Thread.Sleep(s_step);
            if (Environment.CpuUsage.TotalTime - before < IdleShare * s_step)
            {
                return;
            }
        }
    }
}
