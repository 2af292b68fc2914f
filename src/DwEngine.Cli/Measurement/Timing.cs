using System.Diagnostics;

namespace DwEngine.Cli.Measurement;

/// <summary>Durations of many runs in milliseconds.</summary>
internal sealed class Timing
{
    private readonly double[] _sorted;

    /// <param name="ticks">One duration for each run, in ticks of <see cref="Stopwatch"/>; at least one.</param>
    public Timing(ReadOnlySpan<long> ticks)
    {
        _sorted = new double[ticks.Length];
        for (int i = 0; i < ticks.Length; i++)
        {
            _sorted[i] = ticks[i] * 1000.0 / Stopwatch.Frequency;
        }

        Array.Sort(_sorted);
    }

    /// <summary>The shortest.</summary>
    public double Minimum => _sorted[0];

    /// <summary>The middle one; of an even number the mean of the middle two.</summary>
    public double Median => (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>The shortest duration that at least <paramref name="share"/> of the runs did not exceed.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    public double Percentile(double share) => _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
