using System.Runtime.InteropServices;

namespace DwEngine.Runtime.Cores;

/// <summary>The real-time class of Linux for the thread that asks (<c>SCHED_FIFO</c>).</summary>
internal static unsafe partial class ThreadSchedule
{
    private const int FirstInFirstOut = 1;

    // A child process, or a thread that this one starts, is an ordinary one.
    private const int ResetOnFork = 0x40000000;

    /// <summary>Puts the calling thread into the class.</summary>
    /// <param name="priority">1 to 99; a higher one runs first.</param>
    /// <returns>0, or the system's error.</returns>
    public static int TrySet(int priority)
    {
        try
        {
            return SetScheduler(0, FirstInFirstOut | ResetOnFork, &priority) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int thread, int policy, int* priority);
}
