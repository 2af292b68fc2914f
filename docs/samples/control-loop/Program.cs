using System.Diagnostics;
using DwEngine;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

const int Width = 640, Height = 480, Rate = 30, WarmUpFrames = 30;
if (args.Length is < 1 or > 4 || !TryNumber(args, 1, 60, 1, 86400, out int seconds) || !TryNumber(args, 2, 2, 1, 64, out int threads))
{
    Console.Error.WriteLine("usage: control-loop MODEL.onnx [SECONDS [THREADS [FRAMES]]]");
    Console.Error.WriteLine($"FRAMES is a file of YUYV frames of {Width} x {Height} pixels; without it they are made.");
    return 2;
}

try
{
    OnnxNetwork network = OnnxFile.Load(args[0]);
    using var model = new Model(network.Graph);
    using var detector = new Detector(model, new() { Session = SessionOptions.Default with { Threads = threads } });
    var format = new FrameFormat(PixelFormat.Yuyv, Width, Height);
    FrameConverter converter = detector.CreateConverter(format);
    byte[] frames = args.Length > 3 ? ReadFrames(args[3], format.Length) : MakeFrames(format.Length);
    int frameCount = frames.Length / format.Length;
    var found = new DetectedObject[detector.MaxObjects];
    double[] latencies = new double[seconds * Rate];
    long objects = 0;

    for (int i = 0; i < WarmUpFrames; i++)
    {
        detector.Detect(frames.AsSpan(i % frameCount * format.Length, format.Length), converter, found);
    }

    GC.Collect();
    int[] collections = [GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2)];
    TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;
    long allocated = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp(), period = Stopwatch.Frequency / Rate;
    int missed = 0;
    for (int i = 0; i < latencies.Length; i++)
    {
        // A frame is due at its place in time, whether or not the last one was late.
        long due = start + (i * period);
        WaitUntil(due);
        objects += detector.Detect(frames.AsSpan(i % frameCount * format.Length, format.Length), converter, found);
        long end = Stopwatch.GetTimestamp();
        latencies[i] = (end - due) * 1000.0 / Stopwatch.Frequency;
        missed += end > due + period ? 1 : 0;
    }

    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
    double share = (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds / elapsed;
    Array.Sort(latencies);
    Console.WriteLine(
        $"{latencies.Length} frames, {detector.Family.Name}, {detector.InputWidth} x {detector.InputHeight}, {threads} thread(s)");
    Console.WriteLine(
        $"latency ms: p50 {Percentile(0.5):F2}, p99 {Percentile(0.99):F2}, p99.9 {Percentile(0.999):F2}, most {latencies[^1]:F2}");
    Console.WriteLine($"missed deadlines: {missed}; objects: {objects}");
    Console.WriteLine(
        $"collections of generation 0, 1, 2: {GC.CollectionCount(0) - collections[0]}, {GC.CollectionCount(1) - collections[1]}, "
            + $"{GC.CollectionCount(2) - collections[2]}; bytes allocated by the loop: {allocated}");
    Console.WriteLine($"processor: {share:P1} of a core");
    return 0;

    double Percentile(double part) => latencies[(int)Math.Min(part * latencies.Length, latencies.Length - 1)];
}
catch (Exception problem) when (problem is DwEngineException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"control-loop: {problem.Message}");
    return 1;
}

static bool TryNumber(string[] args, int index, int otherwise, int least, int most, out int value)
{
    value = otherwise;
    return args.Length <= index || (int.TryParse(args[index], out value) && value >= least && value <= most);
}

// Sleeps while there is time, and gives the core to others for the rest.
static void WaitUntil(long due)
{
    while (true)
    {
        long left = due - Stopwatch.GetTimestamp();
        if (left <= 0)
        {
            return;
        }

        int milliseconds = (int)(left * 1000 / Stopwatch.Frequency) - 1;
        if (milliseconds > 0)
        {
            Thread.Sleep(milliseconds);
        }
        else
        {
            Thread.Yield();
        }
    }
}

static byte[] ReadFrames(string path, int length)
{
    byte[] frames = File.ReadAllBytes(path);
    return frames.Length > 0 && frames.Length % length == 0 ? frames : throw new FrameException(
        $"{path} has {frames.Length} bytes; whole frames of {length} bytes were expected.");
}

// A bright block moves over a dark ground.
static byte[] MakeFrames(int length)
{
    const int Count = 8;
    byte[] frames = new byte[Count * length];
    for (int i = 0; i < frames.Length; i += 2)
    {
        int frame = i / length, pixel = i % length / 2;
        bool isBlock = Math.Abs((pixel % Width) - (80 * frame)) < 60 && Math.Abs((pixel / Width) - 240) < 80;
        (frames[i], frames[i + 1]) = (isBlock ? (byte)200 : (byte)60, (byte)(isBlock ? 110 : 128));
    }

    return frames;
}
