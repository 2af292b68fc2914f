namespace DwEngine.Runtime.Cores;

/// <summary>
/// Keeps each helper of one team on a core of its own, as <see cref="ThreadAffinity.OwnCores"/> describes. The caller of a run does it all
/// before it wakes the helpers, and allocates nothing; what fails leaves the helper as it is.
/// </summary>
internal sealed class CoreBinding
{
    // How long a changed mask or a better core may go unnoticed, in milliseconds.
    private const long CheckInterval = 250;

    private static readonly Lazy<(ICoreSystem System, CoreTopology Topology)?> s_system = new(FindSystem);

    private readonly ICoreSystem _system;
    private readonly CoreTopology _topology;
    private readonly CoreSeats _seats;
    private readonly double _quota;
    private readonly long _interval;
    private readonly Seat[] _own;
    private readonly CoreSet _allowed = new(), _actual = new(), _wanted = new(), _taken = new();
    private int _callerCore = -1;
    private long _nextCheck;

    /// <summary>Helpers that have yet to start.</summary>
    /// <param name="system">The operating system.</param>
    /// <param name="topology">Its cores.</param>
    /// <param name="seats">Where the helpers of all sessions are.</param>
    /// <param name="quota">How many cores' time the process may use.</param>
    /// <param name="threads">Threads of the team, the caller included.</param>
    /// <param name="interval">Milliseconds between two looks at the masks.</param>
    internal CoreBinding(
        ICoreSystem system, CoreTopology topology, CoreSeats seats, double quota, int threads, long interval = CheckInterval)
    {
        _system = system;
        _topology = topology;
        _seats = seats;
        _quota = quota;
        _interval = interval;
        _own = new Seat[threads - 1];
        for (int i = 0; i < _own.Length; i++)
        {
            _own[i] = new Seat();
        }
    }

    /// <summary>A binding for a team of so many threads; null if it is not wanted, or not possible on this system.</summary>
    public static CoreBinding? Create(ThreadAffinity affinity, int threads)
    {
        if (affinity != ThreadAffinity.OwnCores || threads < 2 || threads > CoreSet.Capacity || s_system.Value is not { } found)
        {
            return null;
        }

        double quota = OperatingSystem.IsLinux() ? CpuQuota.Read() : double.PositiveInfinity;
        return new CoreBinding(found.System, found.Topology, CoreSeats.Process, quota, threads);
    }

    /// <summary>A helper has started; called on its thread.</summary>
    /// <param name="helper">From 0.</param>
    public void Start(int helper)
    {
        Seat seat = _own[helper];
        nint thread = _system.OpenCurrentThread();
        bool usable = thread != 0 && _system.TryGetThreadCores(thread, seat.Given);
        seat.Thread = thread;
        seat.State = usable ? SeatState.Usable : SeatState.Unusable;
    }

    /// <summary>A helper ends; called on its thread, when no run can come any more.</summary>
    public void End(int helper)
    {
        Seat seat = _own[helper];
        if (seat.Thread != 0)
        {
            _system.Close(seat.Thread);
        }
    }

    /// <summary>
    /// Binds, moves or frees the helpers as the masks and the caller's core ask for; called by the caller before it wakes them.
    /// </summary>
    public void Check()
    {
        int core = _system.CurrentCore();
        core = core < CoreSet.Capacity ? core : -1;
        bool due = Environment.TickCount64 >= _nextCheck;
        if (core == _callerCore && !due)
        {
            return;
        }

        // The caller may come and go between cores that no helper is bound to.
        if (due || _taken.Contains(core))
        {
            _nextCheck = 0;
            if (_seats.TryBeginChoice())
            {
                _nextCheck = Choose(core) ? Environment.TickCount64 + _interval : 0;
                _seats.EndChoice();
            }
        }

        _seats.MoveCaller(_callerCore, core);
        _callerCore = core;
    }

    /// <summary>
    /// Lets the next check choose anew for every helper, as it must when the caller comes to a helper's core; not during a run. Whoever
    /// does so beforehand has compiled what such a run needs.
    /// </summary>
    public void ChooseAnew()
    {
        LeaveCores();
        _nextCheck = 0;
    }

    /// <summary>Gives the cores back to other sessions; no run may come any more. Safe from a finalizer, and more than once.</summary>
    public void Release() => LeaveCores();

    private void LeaveCores()
    {
        foreach (Seat seat in _own)
        {
            Occupy(seat, -1);
        }

        _seats.MoveCaller(_callerCore, -1);
        _callerCore = -1;
    }

    private static (ICoreSystem System, CoreTopology Topology)? FindSystem()
    {
        if (OperatingSystem.IsLinux())
        {
            return LinuxCores.TryCreate() is { } linux ? (linux, CoreTopology.ReadLinux()) : null;
        }

        return OperatingSystem.IsWindows() && WindowsCores.TryCreate() is { } windows ? (windows, WindowsCores.ReadTopology()) : null;
    }

    // Whether all helpers have been seen to.
    private bool Choose(int callerCore)
    {
        if (!_system.TryGetProcessCores(_allowed))
        {
            return true;
        }

        bool complete = true, bind = callerCore >= 0 && _allowed.Count > _own.Length && _quota >= _own.Length + 1;
        foreach (Seat seat in _own)
        {
            SeatState state = seat.State;
            complete &= state != SeatState.NotStarted;
            if (state != SeatState.Usable || !_system.TryGetThreadCores(seat.Thread, _actual))
            {
                continue;
            }

            // Another program chose this mask, for this thread alone: if our core were gone, the system would have had to choose.
            bool unchanged = _actual.IsSameAs(seat.Given);
            if (!unchanged && !_actual.IsSameAs(_allowed) && (seat.Core < 0 || _allowed.Contains(seat.Core)))
            {
                Occupy(seat, -1);
            }
            else if (bind)
            {
                Bind(seat, callerCore, unchanged);
            }
            else if (seat.Core >= 0 || (seat.IsSet && !_actual.IsSameAs(_allowed)))
            {
                Occupy(seat, -1);
                Set(seat, _allowed);
            }
        }

        return complete;
    }

    private void Bind(Seat seat, int callerCore, bool unchanged)
    {
        int best = _allowed.Contains(seat.Core) && seat.Core != callerCore ? seat.Core : -1;
        int penalty = best < 0 ? int.MaxValue : Penalty(best, seat, callerCore);
        int callers = 0;
        for (int core = _allowed.Next(0); core >= 0 && penalty > 0; core = _allowed.Next(core + 1))
        {
            if (core == callerCore || _taken.Contains(core))
            {
                continue;
            }

            // Callers come and go: they only tip the balance between cores that are better than the present one.
            int other = Penalty(core, seat, callerCore), otherCallers = _seats.Callers(core);
            if (other < penalty || (other == penalty && best != seat.Core && otherCallers < callers))
            {
                (best, penalty, callers) = (core, other, otherCallers);
            }
        }

        if (best >= 0 && (best != seat.Core || !unchanged))
        {
            _wanted.SetTo(best);
            Occupy(seat, Set(seat, _wanted) ? best : -1);
        }
    }

    // What speaks against a core: first helpers of other sessions, then company on its physical core, then slowness.
    private int Penalty(int core, Seat seat, int callerCore)
    {
        bool company = false;
        foreach (int sibling in _topology.Siblings(core))
        {
            company |= sibling == callerCore || _seats.Helpers(sibling) > (sibling == seat.Core ? 1 : 0);
        }

        int helpers = _seats.Helpers(core) - (core == seat.Core ? 1 : 0);
        return (helpers * 4) + (company ? 2 : 0) + (_topology.IsSlow(core) ? 1 : 0);
    }

    private bool Set(Seat seat, CoreSet cores)
    {
        if (!_system.TrySetThreadCores(seat.Thread, cores))
        {
            return false;
        }

        seat.Given.SetTo(cores);
        seat.IsSet = true;
        return true;
    }

    private void Occupy(Seat seat, int core)
    {
        if (seat.Core >= 0)
        {
            _taken.Remove(seat.Core);
        }

        if (core >= 0)
        {
            _taken.Add(core);
        }

        _seats.MoveHelper(seat.Core, core);
        seat.Core = core;
    }

    private enum SeatState
    {
        NotStarted,
        Usable,
        Unusable,
    }

    /// <summary>Where one helper is.</summary>
    private sealed class Seat
    {
        public volatile SeatState State;

        public nint Thread;

        /// <summary>The core that it is bound to, or -1.</summary>
        public int Core = -1;

        /// <summary>Whether its mask was ever changed here.</summary>
        public bool IsSet;

        /// <summary>The mask that it was started with, or was last given here.</summary>
        public CoreSet Given { get; } = new();
    }
}
