using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using DwEngine.Runtime.Cores;

namespace DwEngine.Runtime;

/// <summary>Work in steps that follow one another, each cut into tasks that can run in any order and on any thread.</summary>
internal interface ITeamWork
{
    /// <summary>The number of steps.</summary>
    int StepCount { get; }

    /// <summary>The number of tasks of a step.</summary>
    int TaskCount(int step);

    /// <summary>
    /// How many parts a worker should cut its share of a step into. Others can take over the parts that it has not begun.
    /// </summary>
    int Parts(int step);

    /// <summary>
    /// Runs the tasks from <paramref name="first"/> up to <paramref name="end"/> of a step on one worker; worker 0 is the caller.
    /// </summary>
    void Run(int step, int first, int end, int worker);

    /// <summary>All tasks of a step are done; called once, before any task of the next step runs.</summary>
    /// <returns>Whether the run goes on; if not, no further step begins.</returns>
    bool Completed(int step);
}

/// <summary>
/// A fixed team of threads: the caller and <see cref="Size"/> - 1 helpers. Every worker has a share of each step and takes over parts of
/// the others' when it has done its own, so a helper that the system does not let run delays nobody. Between runs a helper spins for a
/// bounded time and then parks, so an idle team uses no CPU. A run allocates nothing.
/// </summary>
/// <remarks>
/// Steps are numbered through all runs; the number is the <i>epoch</i>. A share is a ticket that bears the epoch and the next free task,
/// and is changed by compare-and-swap alone: a worker that comes late with an old epoch can take nothing. Whoever finishes the last task of
/// a step opens the next one.
/// </remarks>
internal sealed class ThreadTeam : IDisposable
{
    // Polls between two looks at the clock.
    private const int PollsPerClock = 32;

    // Longs from one ticket to the next: two cache lines, since they are fetched in pairs.
    private const int TicketStride = 16;

    private readonly CoreBinding? _binding;
    private readonly Helper[] _helpers;
    private readonly long _spinTicks;
    private readonly long[] _tickets;
    private Counters _counters;
    private ITeamWork? _work;
    private int _firstEpoch;
    private Exception? _error;
    private volatile bool _stopping;

    /// <summary>Starts the helpers.</summary>
    /// <param name="size">Threads that work, the caller included.</param>
    /// <param name="spin">How long a helper without work polls before it parks.</param>
    /// <param name="binding">Keeps each helper on a core of its own; null to leave that to the system.</param>
    /// <param name="start">Starts a thread; null for the system's way.</param>
    /// <param name="priority">The helpers' priority in the system's real-time class; null for ordinary threads.</param>
    /// <exception cref="ResourceException">
    /// A helper could not be started, or may not have the priority; all helpers have ended.
    /// </exception>
    public ThreadTeam(int size, TimeSpan spin, CoreBinding? binding = null, Action<Thread>? start = null, int? priority = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(spin, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spin, TimeSpan.FromDays(1));
        Size = size;
        _binding = binding;
        _spinTicks = (long)(spin.TotalSeconds * Stopwatch.Frequency);
        _tickets = new long[(size + 1) * TicketStride];
        _helpers = new Helper[size - 1];
        var prepared = new CountdownEvent(priority is null ? 0 : size - 1);
        ResourceException? refusal = null;
        for (int i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Helper(i + 1);
            Helper helper = _helpers[i];
            var thread = new Thread(() => Begin(helper)) { IsBackground = true, Name = $"DwEngine worker {i + 1}" };
            Start(thread, start);
            helper.Thread = thread;
        }

        prepared.Wait();
        if (refusal is not null)
        {
            Dispose();
            throw refusal;
        }

        void Begin(Helper helper)
        {
            if (priority is { } wanted)
            {
                try
                {
                    RealTime.SetPriority(wanted);
                }
                catch (ResourceException problem)
                {
                    Volatile.Write(ref refusal, problem);
                }

                prepared.Signal();
            }

            Serve(helper);
        }
    }

    /// <summary>Threads that work, the caller included.</summary>
    public int Size { get; }

    /// <summary>Runs all steps and returns when they are done or the work stops. Only one thread may call at a time.</summary>
    /// <exception cref="DwEngineException">A task found wrong data, such as an index beyond an axis.</exception>
    /// <exception cref="InvalidOperationException">A task failed otherwise; the inner exception tells why.</exception>
    public void Run(ITeamWork work)
    {
        _error = null;
        if (_helpers.Length == 0)
        {
            for (int step = 0; step < work.StepCount; step++)
            {
                RunTasks(work, step, 0, work.TaskCount(step), 0);
                if (!work.Completed(step))
                {
                    break;
                }
            }
        }
        else
        {
            _work = work;
            _firstEpoch = _counters.Epoch + 1;
            _binding?.Check();
            Open(work, 0);
            Volatile.Write(ref _counters.AwakeUntil, 0);
            foreach (Helper helper in _helpers)
            {
                helper.Wake();
            }

            Participate(0);
            _work = null;
        }

        if (_error is { } error)
        {
            if (error is DwEngineException)
            {
                ExceptionDispatchInfo.Throw(error);
            }

            throw new InvalidOperationException("A worker failed.", error);
        }
    }

    /// <summary>Wakes the helpers, and lets them poll for work until a run begins or a time is over. Not during a run.</summary>
    public void Prepare(TimeSpan limit)
    {
        if (_helpers.Length == 0)
        {
            return;
        }

        _binding?.Check();
        Volatile.Write(ref _counters.AwakeUntil, Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency));
        foreach (Helper helper in _helpers)
        {
            helper.Wake();
        }
    }

    /// <inheritdoc cref="CoreBinding.ChooseAnew"/>
    public void ChooseCoresAnew() => _binding?.ChooseAnew();

    /// <summary>Lets the helpers end without waiting for them; safe from a finalizer.</summary>
    public void Stop()
    {
        _stopping = true;
        Interlocked.Increment(ref _counters.Epoch);
        foreach (Helper helper in _helpers)
        {
            helper?.Wake();
        }

        _binding?.Release();
    }

    /// <summary>Ends the helpers. No run may be under way.</summary>
    public void Dispose()
    {
        Stop();
        foreach (Helper? helper in _helpers)
        {
            helper?.Thread?.Join();
            helper?.Dispose();
        }
    }

    private void Start(Thread thread, Action<Thread>? start)
    {
        try
        {
            (start ?? (static started => started.Start()))(thread);
        }
        catch (Exception problem)
        {
            Dispose();
            throw new ResourceException(
                $"A team of {Size} threads: the system started {_helpers.Count(helper => helper?.Thread is not null)} of {Size - 1} "
                    + $"helper threads and no more.", problem);
        }
    }

    private static int ShareEnd(int tasks, int share, int shares) => (int)((long)tasks * (share + 1) / shares);

    // The step after one that is done: the end of all steps if the run was stopped.
    private static int Next(ITeamWork work, int step) => work.Completed(step) ? step + 1 : work.StepCount;

    // Makes the tasks of a step free to be taken. Nobody else writes to the counters here: the step before is done.
    private void Open(ITeamWork work, int step)
    {
        while (step < work.StepCount && work.TaskCount(step) == 0)
        {
            step = Next(work, step);
        }

        int epoch = _firstEpoch + step;
        if (step < work.StepCount)
        {
            int tasks = work.TaskCount(step);
            Volatile.Write(ref _counters.Unfinished, tasks);
            for (int share = 0; share < Size; share++)
            {
                Volatile.Write(ref Ticket(share), ((long)epoch << 32) | (uint)ShareEnd(tasks, share - 1, Size));
            }
        }

        Volatile.Write(ref _counters.Epoch, epoch);
    }

    // Takes tasks until the run is over, or until this worker finds that it came too late for it.
    private void Participate(int worker)
    {
        while (true)
        {
            int epoch = Volatile.Read(ref _counters.Epoch);
            ITeamWork? work = Volatile.Read(ref _work);
            int step = epoch - Volatile.Read(ref _firstEpoch);
            if (work is null || step < 0 || step >= work.StepCount)
            {
                return;
            }

            for (int i = 0; i < Size && Volatile.Read(ref _counters.Epoch) == epoch; i++)
            {
                TakeFrom((worker + i) % Size, work, step, epoch, worker);
            }

            AwaitChange(epoch);
        }
    }

    private void TakeFrom(int share, ITeamWork work, int step, int epoch, int worker)
    {
        int tasks = work.TaskCount(step);
        int begin = ShareEnd(tasks, share - 1, Size), end = ShareEnd(tasks, share, Size);
        int parts = work.Parts(step);
        int part = (int)(((long)end - begin + parts - 1) / parts);
        ref long ticket = ref Ticket(share);
        while (true)
        {
            long seen = Volatile.Read(ref ticket);
            int next = (int)seen;
            if ((int)(seen >> 32) != epoch || next >= end)
            {
                return;
            }

            int taken = Math.Min(part, end - next);
            if (Interlocked.CompareExchange(ref ticket, seen + taken, seen) != seen)
            {
                continue;
            }

            RunTasks(work, step, next, next + taken, worker);
            if (Interlocked.Add(ref _counters.Unfinished, -taken) == 0)
            {
                Open(work, Next(work, step));
                return;
            }
        }
    }

    private void RunTasks(ITeamWork work, int step, int first, int end, int worker)
    {
        try
        {
            work.Run(step, first, end, worker);
        }
        catch (Exception exception)
        {
            // The tasks count as done all the same: the others wait for them.
            Interlocked.CompareExchange(ref _error, exception, null);
        }
    }

    // The others are at work on the rest of the step, so the wait is short unless the system has taken their core away: then it gets this
    // one.
    private void AwaitChange(int epoch)
    {
        long deadline = 0;
        for (int polls = 1; Volatile.Read(ref _counters.Epoch) == epoch; polls++)
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

    private void Serve(Helper helper)
    {
        int seen = 0;
        _binding?.Start(helper.Index - 1);
        while (true)
        {
            helper.Await(ref _counters, seen, _spinTicks);
            Participate(helper.Index);
            seen = Volatile.Read(ref _counters.Epoch);
            // Asked after the epoch was read, which the end of the team changes last.
            if (_stopping)
            {
                _binding?.End(helper.Index - 1);
                return;
            }

            // A run that began after the last look is not over yet, and its epoch must not be taken for the idle one.
            if (Volatile.Read(ref _work) is not null)
            {
                seen--;
            }
        }
    }

    private ref long Ticket(int share) => ref _tickets[(share + 1) * TicketStride];

    // Each counter has two cache lines of its own, so that polling one does not slow writes to another.
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Counters
    {
        [FieldOffset(128)]
        public int Epoch;

        [FieldOffset(256)]
        public int Unfinished;

        /// <summary>No helper parks before this time, in ticks of <see cref="Stopwatch"/>.</summary>
        [FieldOffset(384)]
        public long AwakeUntil;
    }

    private sealed class Helper(int index) : IDisposable
    {
        private readonly AutoResetEvent _wake = new(false);
        private int _parked;

        public int Index { get; } = index;

        public Thread? Thread { get; set; }

        /// <summary>Waits until the epoch is another than <paramref name="seen"/>; may return early.</summary>
        public void Await(ref Counters counters, int seen, long spinTicks)
        {
            long deadline = Stopwatch.GetTimestamp() + spinTicks;
            for (int polls = 1; Volatile.Read(ref counters.Epoch) == seen; polls++)
            {
                Thread.SpinWait(1);
                if (polls % PollsPerClock == 0 && Stopwatch.GetTimestamp() >= Math.Max(deadline, Volatile.Read(ref counters.AwakeUntil)))
                {
                    Park(ref counters, seen);
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

        // The flag is raised before the last look at the counters: whoever changes them afterwards sees the flag and sets the event.
        private void Park(ref Counters counters, int seen)
        {
            Interlocked.Exchange(ref _parked, 1);
            bool isAwaited = Volatile.Read(ref counters.Epoch) != seen || Volatile.Read(ref counters.AwakeUntil) > Stopwatch.GetTimestamp();
            if (isAwaited && Interlocked.CompareExchange(ref _parked, 0, 1) == 1)
            {
                return;
            }

            _wake.WaitOne();
        }
    }
}
