using System.Diagnostics;
using System.Runtime;
using DwEngine.Runtime;

namespace DwEngine.Samples;

/// <summary>A loop that has an answer for each frame, and what it tells of itself afterwards.</summary>
internal sealed class ControlLoop(LoopOptions options, FrameSource frames, FrameTask task)
{
    // Of the thread that takes the frames; the session's helpers have it, too.
    public const int Priority = 40;

    private const int WarmUpFrames = 30;

    /// <summary>Runs for the time that was asked for.</summary>
    /// <returns>Whether every frame was answered.</returns>
    public bool Run()
    {
        task.WarmUp();
        for (int i = 0; i < WarmUpFrames; i++)
        {
            task.Run(frames.Next().Bytes);
        }

        if (options.IsRealTime)
        {
            RealTime.SetPriority(Priority);
            GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
        }

        double[] latencies = new double[options.Seconds * options.Rate];
        long period = Stopwatch.Frequency / options.Rate, found = 0;
        int missed = 0;
        GC.Collect();
        int[] collections = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)];
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetAllocatedBytesForCurrentThread(), dropped = frames.Dropped, start = Stopwatch.GetTimestamp();
        frames.Start();
        for (int i = 0; i < latencies.Length; i++)
        {
            Frame frame = frames.Next();
            found += task.Run(frame.Bytes);
            long end = Stopwatch.GetTimestamp();
            latencies[i] = (end - frame.Due) * 1000.0 / Stopwatch.Frequency;
            missed += end > frame.Due + period ? 1 : 0;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double share = (Environment.CpuUsage.TotalTime - processor) / Stopwatch.GetElapsedTime(start);
        Array.Sort(latencies);
        Console.WriteLine($"{latencies.Length} frames of {frames}, {task}, {options.Threads} thread(s), {options.Rate} Hz"
            + (options.IsRealTime ? ", real time" : ""));
        Console.WriteLine(
            $"latency ms: p50 {Percentile(0.5):F2}, p99 {Percentile(0.99):F2}, p99.9 {Percentile(0.999):F2}, most {latencies[^1]:F2}");
        Console.WriteLine($"missed deadlines: {missed}; frames that were never taken: {frames.Dropped - dropped}; found: {found}");
        Console.WriteLine(
            $"collections of generation 0, 1, 2: {GC.CollectionCount(0) - collections[0]}, {GC.CollectionCount(1) - collections[1]}, "
                + $"{GC.CollectionCount(2) - collections[2]}; bytes allocated by the loop: {allocated}");
        Console.WriteLine($"processor: {share:P1} of a core");
        return task.Expects is null || found == task.Expects * latencies.Length;

        double Percentile(double part) => latencies[(int)Math.Min(part * latencies.Length, latencies.Length - 1)];
    }
}
