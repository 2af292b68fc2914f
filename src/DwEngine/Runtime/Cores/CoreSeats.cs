namespace DwEngine.Runtime.Cores;

/// <summary>How many helpers and callers of all sessions of the process are on each core.</summary>
internal sealed class CoreSeats
{
    private readonly int[] _helpers = new int[CoreSet.Capacity];
    private readonly int[] _callers = new int[CoreSet.Capacity];
    private int _choosing;

    /// <summary>Those of this process.</summary>
    public static CoreSeats Process { get; } = new();

    /// <summary>The helpers that are bound to a core.</summary>
    public int Helpers(int core) => Volatile.Read(ref _helpers[core]);

    /// <summary>The sessions that were last run from a core.</summary>
    public int Callers(int core) => Volatile.Read(ref _callers[core]);

    /// <summary>A helper leaves one core for another; -1 is none.</summary>
    public void MoveHelper(int from, int to) => Move(_helpers, from, to);

    /// <summary>A caller leaves one core for another; -1 is none.</summary>
    public void MoveCaller(int from, int to) => Move(_callers, from, to);

    /// <summary>
    /// Only one session at a time may choose, so that two do not choose the same core. Never waits; false if another one is choosing.
    /// </summary>
    public bool TryBeginChoice() => Interlocked.Exchange(ref _choosing, 1) == 0;

    /// <summary>Lets others choose.</summary>
    public void EndChoice() => Volatile.Write(ref _choosing, 0);

    private static void Move(int[] seats, int from, int to)
    {
        if (from >= 0)
        {
            Interlocked.Decrement(ref seats[from]);
        }

        if (to >= 0)
        {
            Interlocked.Increment(ref seats[to]);
        }
    }
}
