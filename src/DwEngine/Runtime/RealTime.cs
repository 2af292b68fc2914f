using System.Runtime.InteropServices;
using DwEngine.Runtime.Cores;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>What a control loop asks of Linux for its own thread; <see cref="SessionOptions"/> asks it for a session's.</summary>
public static class RealTime
{
    /// <summary>The lowest and the highest priority of the real-time class.</summary>
    public const int MinPriority = 1, MaxPriority = 99;

    /// <summary>
    /// Puts the calling thread into the system's real-time class (<c>SCHED_FIFO</c>): no ordinary thread of its core runs before it waits.
    /// Call it on a thread of your own, not on one of the thread pool.
    /// </summary>
    /// <param name="priority">1 to 99; of several threads that could run, the one with the highest does.</param>
    /// <exception cref="ArgumentOutOfRangeException">The priority is out of range.</exception>
    /// <exception cref="ResourceException">The system is not Linux, or does not allow it.</exception>
    public static void SetPriority(int priority)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(priority, MinPriority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, MaxPriority);
        int error = OperatingSystem.IsLinux() ? ThreadSchedule.TrySet(priority) : -1;
        if (error != 0)
        {
            throw Refused(
                $"The real-time priority {priority}", error,
                $"CAP_SYS_NICE, or a limit of real-time priority ('ulimit -r') of {priority}");
        }
    }

    /// <summary>Locks a block.</summary>
    /// <exception cref="ResourceException">The system is not Linux, or does not allow it.</exception>
    internal static void Lock(AlignedBuffer buffer)
    {
        int error = -1;
        if (!OperatingSystem.IsLinux() || !buffer.TryLock(out error))
        {
            throw Refused(
                $"Locking {Words.Count(buffer.ByteLength, "byte")} in memory", error,
                "CAP_IPC_LOCK, or a limit of locked memory ('ulimit -l') that has room for all sessions and weights");
        }
    }

    private static ResourceException Refused(string what, int error, string needed) => new(
        error < 0
            ? $"{what} was asked for, which is known for Linux alone."
            : $"{what} was refused by the system: {Marshal.GetPInvokeErrorMessage(error)}. It needs {needed}.");
}
