using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DwEngine.Runtime;

/// <summary>Work that a team does together: every worker runs it once, and they meet at the team's barrier.</summary>
internal interface ITeamWork
{
    /// <summary>
    /// The part of one worker, counted from 0; worker 0 is the caller. It must come to the same barriers as the others and must not throw;
    /// what goes wrong is told to <see cref="ThreadTeam.Fail"/>.
    /// </summary>
    void Run(int worker);
}

/// <summary>
/// A fixed team of threads: the caller and <see cref="Size"/> - 1 helpers. Between runs a helper spins for a bounded time and then parks, so an
/// idle team uses no CPU. Starting a run and meeting at the barrier allocate nothing.
/// </summary>
internal sealed class ThreadTeam : IDisposable
{
    // Polls between two looks at the clock.
    private const int PollsPerClock = 32;

    private readonly Helper[] _helpers;
    private readonly long _spinTicks;
    private ITeamWork? _work;
    private Exception? _error;
    private Counters _counters;
    private volatile bool _stopping;

    /// <summary>Starts the helpers.</summary>
    /// <param name="size">Threads that work, the caller included.</param>
    /// <param name="spin">How long a helper without work polls before it parks.</param>
    public ThreadTeam(int size, TimeSpan spin)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(spin, TimeSpan.Zero);
        Size = size;
        _spinTicks = (long)(spin.TotalSeconds * Stopwatch.Frequency);
        _helpers = new Helper[size - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Helper(i + 1);
            var thread = new Thread(static state => ((Action)state!)()) { IsBackground = true, Name = $"DwEngine worker {i + 1}" };
            Helper helper = _helpers[i];
            helper.Thread = thread;
            thread.Start((Action)(() => Serve(helper)));
        }
    }

    /// <summary>Threads that work, the caller included.</summary>
    public int Size { get; }

    /// <summary>Runs the work on all threads and returns when all are done. Only one thread may call at a time.</summary>
    /// <exception cref="InvalidOperationException">A worker failed; the inner exception tells why.</exception>
    public void Run(ITeamWork work)
    {
        _work = work;
        _error = null;
        Interlocked.Increment(ref _counters.Generation);
        foreach (Helper helper in _helpers)
        {
            helper.Wake();
        }

        work.Run(0);
        Barrier();
        _work = null;
        if (_error is { } error)
        {
            throw new InvalidOperationException("A worker failed.", error);
        }
    }

    /// <summary>Keeps the first error of the run under way; <see cref="Run"/> throws it when all workers are done.</summary>
    public void Fail(Exception error) => Interlocked.CompareExchange(ref _error, error, null);

    /// <summary>Waits until every thread of the team has come here.</summary>
    public void Barrier()
    {
        if (_helpers.Length == 0)
        {
            return;
        }

        int phase = Volatile.Read(ref _counters.Phase);
        if (Interlocked.Increment(ref _counters.Arrived) == Size)
        {
            Volatile.Write(ref _counters.Arrived, 0);
            Volatile.Write(ref _counters.Phase, phase + 1);
            return;
        }

        // The others are at work, so the wait is short unless the system has taken their core away: then it gets this one.
        long deadline = 0;
        for (int polls = 1; Volatile.Read(ref _counters.Phase) == phase; polls++)
        {
            if (polls % PollsPerClock != 0)
            {
                Thread.SpinWait(1);
                continue;
            }

            long now = Stopwatch.GetTimestamp();
            deadline = deadline == 0 ? now + _spinTicks : deadline;
            if (now >= deadline)
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Lets the helpers end without waiting for them; safe from a finalizer.</summary>
    public void Stop()
    {
        _stopping = true;
        Interlocked.Increment(ref _counters.Generation);
        foreach (Helper helper in _helpers)
        {
            helper.Wake();
        }
    }

    /// <summary>Ends the helpers. No run may be under way.</summary>
    public void Dispose()
    {
        Stop();
        foreach (Helper helper in _helpers)
        {
            helper.Thread!.Join();
            helper.Dispose();
        }
    }

    private void Serve(Helper helper)
    {
        int seen = 0;
        while (true)
        {
            helper.Await(ref _counters.Generation, seen, _spinTicks);
            if (_stopping)
            {
                return;
            }

            seen++;
            _work!.Run(helper.Index);
            Barrier();
        }
    }

    // Each counter has a cache line (and its neighbour) of its own, so that polling one does not slow writes to another.
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Counters
    {
        [FieldOffset(128)]
        public int Generation;

        [FieldOffset(256)]
        public int Arrived;

        [FieldOffset(384)]
        public int Phase;
    }

    private sealed class Helper(int index) : IDisposable
    {
        private readonly AutoResetEvent _wake = new(false);
        private int _parked;

        public int Index { get; } = index;

        public Thread? Thread { get; set; }

        public void Await(ref int generation, int seen, long spinTicks)
        {
            long deadline = Stopwatch.GetTimestamp() + spinTicks;
            for (int polls = 1; Volatile.Read(ref generation) == seen; polls++)
            {
                Thread.SpinWait(1);
                if (polls % PollsPerClock == 0 && Stopwatch.GetTimestamp() >= deadline)
                {
                    Park(ref generation, seen);
                    return;
                }
            }
        }

        /// <summary>Wakes the helper if it has parked, or is about to.</summary>
        public void Wake()
        {
            if (Interlocked.Exchange(ref _parked, 0) == 1)
            {
                _wake.Set();
            }
        }

        public void Dispose() => _wake.Dispose();

        // The flag is raised before the last look at the generation: whoever changes it afterwards sees the flag and sets the event.
        private void Park(ref int generation, int seen)
        {
            Interlocked.Exchange(ref _parked, 1);
            if (Volatile.Read(ref generation) != seen && Interlocked.CompareExchange(ref _parked, 0, 1) == 1)
            {
                return;
            }

            _wake.WaitOne();
        }
    }
}
