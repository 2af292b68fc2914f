using System.Runtime.ExceptionServices;

namespace DwEngine.Decomposition.Threading;

/// <summary>Runs independent pieces of work on several threads.</summary>
internal static class Workers
{
    /// <summary>Calls <paramref name="body"/> for 0 to below <paramref name="count"/>. What the pieces throw first is thrown.</summary>
    public static void For(int count, int threads, Action<int> body) => For(count, threads, () => 0, (_, i) => body(i), _ => { }, default);

    /// <summary>The same with a state for each thread.</summary>
    /// <param name="count">Pieces of work.</param>
    /// <param name="threads">Threads at most.</param>
    /// <param name="start">Makes the state of a thread.</param>
    /// <param name="body">Does a piece of work.</param>
    /// <param name="end">Is called with each state, also after an error.</param>
    /// <param name="cancellation">Ends the work between two pieces.</param>
    /// <exception cref="OperationCanceledException">The caller asked for the end.</exception>
    public static void For<TState>(
        int count, int threads, Func<TState> start, Action<TState, int> body, Action<TState> end, CancellationToken cancellation)
    {
        int next = -1;
        try
        {
            Parallel.For(0, Math.Min(count, threads), new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            {
                TState state = start();
                try
                {
                    for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        body(state, i);
                    }
                }
                catch
                {
                    // The other threads shall take no more work.
                    Interlocked.Exchange(ref next, count);
                    throw;
                }
                finally
                {
                    end(state);
                }
            });
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }
}
