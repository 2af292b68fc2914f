using System.Diagnostics;

namespace DwEngine.Compare;

/// <summary>Durations of many runs in milliseconds.</summary>
internal sealed class Timing
{
    private readonly double[] _sorted;

    /// <param name="ticks">One duration for each run, in ticks of <see cref="Stopwatch"/>; at least one.</param>
    public Timing(IEnumerable<long> ticks)
        : this(ticks.Select(value => value * 1000.0 / Stopwatch.Frequency))
    {
    }

    /// <param name="milliseconds">The durations; at least one.</param>
    public Timing(IEnumerable<double> milliseconds)
    {
        _sorted = [.. milliseconds.Order()];
    }

    /// <summary>How many runs there were.</summary>
    public int Count => _sorted.Length;

    /// <summary>The middle one; of an even number the mean of the middle two.</summary>
    public double Median => (_sorted[(Count - 1) / 2] + _sorted[Count / 2]) / 2;

    /// <summary>The shortest duration that at least <paramref name="share"/> of the runs did not exceed.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    public double Quantile(double share) => _sorted[Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Count - 1)];

    /// <summary>Times an action several times.</summary>
    public static Timing Of(int times, Action action) => new(Enumerable.Range(0, times).Select(_ =>
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetTimestamp() - start;
    }).ToArray());
}
