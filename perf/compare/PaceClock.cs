using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DwEngine.Compare;

/// <summary>
/// The time of this machine. A wait sleeps until a quarter of a millisecond before its end and polls the rest: the sleep is too coarse to
/// end at a given time, and the rest is so short that it neither heats the core nor counts much. What it takes is told, so that it can be
/// taken off.
/// </summary>
internal sealed partial class PaceClock : IPaceClock
{
    private const double Polled = 0.25;

    public double Now => Stopwatch.GetTimestamp() * 1000.0 / Stopwatch.Frequency;

    public double Cpu => Environment.CpuUsage.TotalTime.TotalMilliseconds;

    public double WaitUntil(double time)
    {
        if (time - Now is > Polled and var left)
        {
            Sleep(left - Polled);
        }

        double awake = Now;
        while (Now < time)
        {
            Thread.SpinWait(8);
        }

        return Now - awake;
    }

    // Thread.Sleep counts whole milliseconds.
    private static void Sleep(double milliseconds)
    {
        if (OperatingSystem.IsWindows() || nint.Size != sizeof(long))
        {
            Thread.Sleep((int)milliseconds);
            return;
        }

        var time = new TimeSpec((long)(milliseconds / 1000), (long)(milliseconds % 1000 * 1e6));
        // A signal may end the sleep early; the rest is then polled.
        _ = NanoSleep(in time, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);
}
