using System.Diagnostics;

namespace DwEngine.Testing;

/// <summary>What a piece of work allocates once it is steady.</summary>
internal static class Allocation
{
    /// <summary>How long to wait for what the runtime, the compiler and the test host do for themselves to end.</summary>
    public static TimeSpan Patience => TimeSpan.FromSeconds(30);

    /// <summary>
    /// The least number of managed bytes that was allocated by one of several attempts. What the runtime allocates for itself now and then
    /// does not count so; what the work allocates would count at each attempt.
    /// </summary>
    /// <param name="work">Is run once before each attempt.</param>
    /// <param name="repeats">Runs of an attempt.</param>
    /// <param name="allocated">Bytes so far; null for those of this thread.</param>
    public static long Least(Action work, int repeats = 20, Func<long>? allocated = null)
    {
        allocated ??= GC.GetAllocatedBytesForCurrentThread;
        long least = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); least != 0 && Stopwatch.GetElapsedTime(start) < Patience;)
        {
            work();
            long before = allocated();
            for (int i = 0; i < repeats; i++)
            {
                work();
            }

            least = Math.Min(least, allocated() - before);
        }

        return least;
    }
}
