namespace DwEngine.Compare;

/// <summary>Time as the pacing of frames needs it. All times are milliseconds.</summary>
internal interface IPaceClock
{
    /// <summary>The time now.</summary>
    double Now { get; }

    /// <summary>CPU time of this process so far.</summary>
    double Cpu { get; }

    /// <summary>Waits until a time; returns at once if it is over.</summary>
    /// <returns>The part of the wait that took CPU time.</returns>
    double WaitUntil(double time);
}

/// <summary>What came of frames at a fixed rate.</summary>
/// <param name="Latencies">For each frame that was taken, milliseconds from when it was due until its answer was there.</param>
/// <param name="Cpu">Milliseconds of CPU time of the process, without those of waiting for frames.</param>
/// <param name="Wall">Milliseconds of time.</param>
/// <param name="Dropped">Frames that were never taken, because a later one was due before the run before them had ended.</param>
internal sealed record PacedFrames(double[] Latencies, double Cpu, double Wall, int Dropped);

/// <summary>
/// Runs an engine as a camera would: a frame is due at fixed times, whether or not the run before has ended. Latency counts from when the
/// frame is due, so it has in it what a late wake-up and a late end of the run before cost. Of several frames that wait only the newest is
/// taken.
/// </summary>
internal static class Pacer
{
    // After a pause the caches are those of other programs.
    private const int UncountedFrames = 3;

    /// <summary>Runs frames at a rate.</summary>
    /// <param name="runner">The engine.</param>
    /// <param name="hertz">Frames in a second.</param>
    /// <param name="seconds">Time in which frames are due that count.</param>
    /// <param name="clock">The time.</param>
    public static PacedFrames Run(IRunner runner, double hertz, double seconds, IPaceClock clock)
    {
        double period = 1000 / hertz, start = clock.Now, polled = 0, cpuBefore = clock.Cpu, wallBefore = start;
        int frames = UncountedFrames + Math.Max(1, (int)Math.Round(hertz * seconds)), dropped = 0;
        var latencies = new List<double>(frames);
        for (int frame = 1; frame <= frames; frame++)
        {
            double due = start + (frame * period);
            polled += clock.WaitUntil(due);
            runner.Run();
            double now = clock.Now;
            int newest = Math.Min((int)((now - start) / period), frames);
            if (frame > UncountedFrames)
            {
                latencies.Add(now - due);
                dropped += Math.Max(0, newest - frame - 1);
            }
            else if (frame == UncountedFrames || newest > UncountedFrames)
            {
                (polled, cpuBefore, wallBefore) = (0, clock.Cpu, now);
            }

            frame = Math.Max(frame, newest - 1);
        }

        return new PacedFrames([.. latencies], Math.Max(0, clock.Cpu - cpuBefore - polled), clock.Now - wallBefore, dropped);
    }
}
