using System.Globalization;
using System.Runtime.InteropServices;

namespace DwEngine.Runtime.Cores;

/// <summary>Affinity masks of Linux, with any C library.</summary>
internal sealed unsafe partial class LinuxCores : ICoreSystem
{
    private const nuint MaskBytes = CoreSet.Capacity / 8;

    private LinuxCores()
    {
    }

    /// <summary>The system, or null if it lacks one of the calls, forbids it, or has more cores than a mask holds.</summary>
    public static LinuxCores? TryCreate()
    {
        try
        {
            var system = new LinuxCores();
            return system.CurrentCore() >= 0 && system.TryGetProcessCores(new CoreSet()) ? system : null;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    // Older C libraries have no function for a thread's number.
    public nint OpenCurrentThread()
    {
        try
        {
            return new FileInfo("/proc/thread-self").LinkTarget is { } target
                && int.TryParse(Path.GetFileName(target), NumberStyles.None, CultureInfo.InvariantCulture, out int thread) ? thread : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public void Close(nint thread)
    {
    }

    public int CurrentCore() => GetCore();

    // The mask of a process is that of its main thread: the runtime gives it to every thread that it starts.
    public bool TryGetProcessCores(CoreSet cores) => TryGetThreadCores(Environment.ProcessId, cores);

    public bool TryGetThreadCores(nint thread, CoreSet cores)
    {
        fixed (ulong* mask = cores.Words)
        {
            return GetAffinity((int)thread, MaskBytes, mask) == 0;
        }
    }

    public bool TrySetThreadCores(nint thread, CoreSet cores)
    {
        fixed (ulong* mask = cores.Words)
        {
            return SetAffinity((int)thread, MaskBytes, mask) == 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    [SuppressGCTransition]
    private static partial int GetCore();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
