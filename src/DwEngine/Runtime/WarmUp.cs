using System.Diagnostics;
using System.Runtime;

namespace DwEngine.Runtime;

/// <summary>What runs before times are measured, or before the first frame that must be in time.</summary>
public static class WarmUp
{
    // Methods are compiled in their optimised form after this many calls.
    private const int FewestRuns = 30;

    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(500), s_most = TimeSpan.FromSeconds(4);

    // The runtime replaces a method by its optimised form in the background, after 0.1 s in which no method was new.
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// Runs something until its code and the caches are warm: for at least half a second, until the runtime has compiled no method for a
    /// while, and for at most four seconds and then the run that has begun.
    /// </summary>
    /// <param name="run">One run, such as one of a session.</param>
    /// <param name="cancellation">Stops it between two runs.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static void Run(Action run, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        long start = Stopwatch.GetTimestamp(), lastCompiled = start;
        long methods = JitInfo.GetCompiledMethodCount();
        for (int done = 0; !IsWarm(done) && Stopwatch.GetElapsedTime(start) < s_most; done++)
        {
            cancellation.ThrowIfCancellationRequested();
            run();
            if (JitInfo.GetCompiledMethodCount() is var now && now != methods)
            {
                (methods, lastCompiled) = (now, Stopwatch.GetTimestamp());
            }
        }

        bool IsWarm(int done) => done >= FewestRuns
            && Stopwatch.GetElapsedTime(start) > s_least
            && Stopwatch.GetElapsedTime(lastCompiled) > s_quiet;
    }
}
