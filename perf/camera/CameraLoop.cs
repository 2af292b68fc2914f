using System.Diagnostics;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

namespace DwEngine.CameraComparison;

/// <summary>A side of the comparison: from a frame to a number of objects.</summary>
internal interface ILoopSide : IDisposable
{
    /// <summary>Finds the objects of a frame.</summary>
    int Run(byte[] frame);
}

/// <summary>
/// A detector at 30 Hz on YUYV frames of 640x480: with DwEngine, then with ONNX Runtime and OpenCV as C# programs use them. One after the
/// other, as the processor's time is that of the process.
/// </summary>
internal static class CameraLoop
{
    private const int Rate = 30, Frames = 8;

    /// <summary>Runs both loops and prints a line for each.</summary>
    /// <param name="file">An ONNX file of a detector.</param>
    /// <param name="picture">What the frames show, so that both sides have the same objects to find; null for waves.</param>
    /// <param name="seconds">How long each loop takes.</param>
    /// <param name="threads">Threads of each side.</param>
    public static int Run(string file, string? picture, int seconds, int threads)
    {
        var scene = new Scene(false, 640, 480, 0);
        byte[][] frames = picture is null
            ? [.. Enumerable.Range(0, Frames).Select(i => scene.Frame(i))]
            : [.. Enumerable.Repeat(scene.FrameOf(ImageDecoder.Load(picture)), Frames)];
        using (var model = new Model(OnnxFile.Load(file).Graph))
        {
            var options = new DetectorOptions { Session = SessionOptions.Default with { Threads = threads } };
            using (var ours = new OurSide(new Detector(model, options), scene.Format))
            {
                Report("DwEngine", ours, frames, seconds);
            }

            using var detector = new Detector(model, options);
            using Session session = model.CreateSession();
            var signature = new DetectorSignature(session.Outputs, detector.InputWidth, detector.InputHeight);
            using var peer = new PeerSide(file, threads, detector, DetectorFamily.Choose(signature, [detector.Family]).Decoder, scene);
            Report("ONNX Runtime and OpenCV", peer, frames, seconds);
        }

        return 0;
    }

    private static void Report(string name, ILoopSide side, byte[][] frames, int seconds)
    {
        WarmUp.Run(() => side.Run(frames[0]), CancellationToken.None);
        GC.Collect();
        double[] latencies = new double[seconds * Rate];
        int[] before = Collections();
        long allocated = GC.GetTotalAllocatedBytes(), found = 0, period = Stopwatch.Frequency / Rate;
        int missed = 0;
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < latencies.Length; i++)
        {
            long due = start + (i * period);
            for (long left = due - Stopwatch.GetTimestamp(); left > 0; left = due - Stopwatch.GetTimestamp())
            {
                Thread.Sleep(Math.Max(0, (int)(left * 1000 / Stopwatch.Frequency) - 1));
            }

            found += side.Run(frames[i % Frames]);
            long end = Stopwatch.GetTimestamp();
            latencies[i] = (end - due) * 1000.0 / Stopwatch.Frequency;
            missed += end > due + period ? 1 : 0;
        }

        double share = (Environment.CpuUsage.TotalTime - processor) / Stopwatch.GetElapsedTime(start);
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        int[] after = Collections();
        Array.Sort(latencies);
        Console.WriteLine(
            $"{name}: {latencies.Length} frames; ms p50 {At(0.5):F2}, p99 {At(0.99):F2}, p99.9 {At(0.999):F2}, most {latencies[^1]:F2}; "
                + $"missed {missed}; collections {string.Join(", ", after.Zip(before, (a, b) => a - b))}; "
                + $"{allocated / latencies.Length} bytes a frame; processor {share:P1} of a core; objects {found}");

        double At(double part) => latencies[(int)Math.Min(part * latencies.Length, latencies.Length - 1)];
    }

    private static int[] Collections() => [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)];

    private sealed class OurSide(Detector detector, FrameFormat format) : ILoopSide
    {
        private readonly FrameConverter _converter = detector.CreateConverter(format);
        private readonly DetectedObject[] _found = new DetectedObject[detector.MaxObjects];

        public int Run(byte[] frame) => detector.Detect(frame, _converter, _found);

        public void Dispose() => detector.Dispose();
    }
}
