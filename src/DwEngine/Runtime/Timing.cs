using System.Collections.Immutable;
using System.Diagnostics;

namespace DwEngine.Runtime;

/// <summary>Durations of many runs.</summary>
public sealed class Timing
{
    private readonly ImmutableArray<double> _sorted;

    /// <summary>Sorts durations.</summary>
    /// <param name="milliseconds">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Timing(IEnumerable<double> milliseconds)
    {
        _sorted = [.. milliseconds.Order()];
        if (_sorted.IsEmpty)
        {
            throw new ArgumentException("There is no duration; at least one was expected.", nameof(milliseconds));
        }
    }

    /// <summary>Durations in ticks of <see cref="Stopwatch"/>.</summary>
    /// <param name="ticks">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Timing OfTicks(IEnumerable<long> ticks) => new(ticks.Select(value => value * 1000.0 / Stopwatch.Frequency));

    /// <summary>How many runs there were.</summary>
    public int Count => _sorted.Length;

    /// <summary>The shortest, in milliseconds.</summary>
    public double Minimum => _sorted[0];

    /// <summary>The middle one, in milliseconds; of an even number the mean of the middle two.</summary>
    public double Median => (_sorted[(Count - 1) / 2] + _sorted[Count / 2]) / 2;

    /// <summary>The shortest duration, in milliseconds, that at least <paramref name="share"/> of the runs did not exceed.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    public double Quantile(double share) => _sorted[Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Count - 1)];
}
