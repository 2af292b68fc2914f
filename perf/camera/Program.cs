using System.CommandLine;
using System.Diagnostics;
using DwEngine;
using DwEngine.CameraComparison;
using DwEngine.Graphs;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Frames;
using OpenCvSharp;

// Prepares frames with DwEngine and with OpenCV in turns, with as many threads each, and prints medians and their ratios; or runs a whole
// loop with a detector.
var seconds = new Option<double>("--seconds")
{
    Description = "How long each pair, or each loop, is measured.",
    DefaultValueFactory = _ => 5,
};
var loop = new Option<FileInfo>("--loop") { Description = "ONNX file of a detector: a loop at 30 Hz, with ONNX Runtime beside it." };
var picture = new Option<FileInfo>("--picture") { Description = "JPEG or PNG that the frames of the loop show; else they show waves." };
var threads = new Option<int>("--threads") { Description = "Threads of each side of the loop.", DefaultValueFactory = _ => 2 };
var root = new RootCommand("Compares the preparation of camera frames with OpenCV's, or a loop with a detector.")
{
    seconds, loop, picture, threads,
};
root.SetAction(result => result.GetValue(loop) is { } file
    ? CameraLoop.Run(
        file.FullName, result.GetValue(picture)?.FullName, Math.Max(1, (int)result.GetValue(seconds)), result.GetValue(threads))
    : Run(result.GetValue(seconds)));
try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception problem) when (problem is DwEngineException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException or ArgumentException)
{
    Console.Error.WriteLine($"camera: {problem.Message}");
    return 1;
}
catch (TypeInitializationException problem) when (problem.InnerException is DllNotFoundException)
{
    Console.Error.WriteLine("camera: OpenCV's library cannot be loaded. On Debian it needs the package libgtk-3-0.");
    return 1;
}

static int Run(double seconds)
{
    Console.WriteLine($"OpenCV {Cv2.GetVersionString()}; ratio: OpenCV's time divided by ours, the median of rounds (least to most)");
    Scene[] scenes = [new(true, 1280, 720, 224), new(false, 1280, 720, 224), new(false, 640, 480, 352)];
    foreach (Scene scene in scenes)
    {
        foreach (int threads in (int[])[1, 2])
        {
            foreach (InterpolationFlags interpolation in (InterpolationFlags[])[InterpolationFlags.Area, InterpolationFlags.Linear])
            {
                Compare(scene, threads, interpolation, seconds);
            }
        }
    }

    return 0;
}

static void Compare(Scene scene, int threads, InterpolationFlags interpolation, double seconds)
{
    Cv2.SetNumThreads(threads);
    byte[] frame = scene.Frame();
    using var peer = new OpenCvPath(scene, frame, interpolation);
    var shape = new Shape(1, 3, scene.Side, scene.Side);
    ValueHandle x = new GraphBuilder().Input("x", shape);
    using var model = new Model(x.Builder.Build(x.Relu()));
    using Session session = model.CreateSession(SessionOptions.Default with { InputShape = shape, Threads = threads });
    FrameConverter converter = scene.Converter();
    float[] values = new float[converter.Length];
    Action[] sides = [() => converter.Write(frame, session, values), peer.Run];
    var times = new List<double>[] { [], [] };
    var ratios = new List<double>();
    for (int i = 0; i < 200; i++)
    {
        Array.ForEach(sides, side => side());
    }

    long start = Stopwatch.GetTimestamp();
    while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds || ratios.Count < 3)
    {
        double ours = Block(sides[0], times[0]), theirs = Block(sides[1], times[1]);
        ratios.Add(theirs / ours);
    }

    double difference = values.Zip(peer.Values, (a, b) => Math.Abs(a - b)).Average();
    ratios.Sort();
    Console.WriteLine(
        $"{scene}, {threads} thread(s), {interpolation}: DwEngine {Median(times[0]):F3} ms, OpenCV {Median(times[1]):F3} ms, "
            + $"ratio {Median(ratios):F2} ({ratios[0]:F2} to {ratios[^1]:F2}); mean difference {difference * 0.225 * 255:F2} levels");
}

static double Block(Action side, List<double> times)
{
    const int Runs = 20;
    side();
    var block = new List<double>(Runs);
    for (int i = 0; i < Runs; i++)
    {
        long start = Stopwatch.GetTimestamp();
        side();
        block.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    times.AddRange(block);
    return Median(block);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
