using DwEngine;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Samples;
using DwEngine.Vision.Detection;
using DwEngine.Vision.Frames;

if (args.Length is not (0 or 2))
{
    Console.Error.WriteLine("usage: ros2 [MODEL.onnx MESSAGE]");
    Console.Error.WriteLine("MESSAGE is a file with one serialised sensor_msgs/Image. Without arguments the sample makes images.");
    return 2;
}

try
{
    if (args.Length == 2)
    {
        using var trained = new Model(OnnxFile.Load(args[0]).Graph);
        using var detector = new Detector(trained);
        foreach (DetectedObject found in new ImageDetector(detector).Detect(RosImage.Read(File.ReadAllBytes(args[1]))))
        {
            Console.WriteLine(Describe(found));
        }

        return 0;
    }

    using var model = new Model(ColourCells.Build());
    using var cells = new Detector(model, new() { Family = DetectorFamily.Named("fastestdet"), Labels = [.. ColourCells.Labels] });
    return FindMadeImages(new ImageDetector(cells)) ? 0 : 1;
}
catch (Exception problem) when (problem is DwEngineException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"ros2: {problem.Message}");
    return 1;
}

static string Describe(DetectedObject found) =>
    $"{found.Label} {found.Score:F2} at {found.Box.X1:F0}, {found.Box.Y1:F0} to {found.Box.X2:F0}, {found.Box.Y2:F0}";

// Every encoding, both orders of bytes: one object, in the bright cell; and nothing allocated from the second message of a kind on.
static bool FindMadeImages(ImageDetector detector)
{
    const float Side = MadeImages.Width / ColourCells.Grid, Rise = MadeImages.Height / ColourCells.Grid;
    var expected = new BoundingBox(
        MadeImages.Column * Side, MadeImages.Row * Rise, (MadeImages.Column + 1) * Side, (MadeImages.Row + 1) * Rise);
    bool isRight = true;
    foreach (string encoding in ImageDetector.Encodings)
    {
        foreach (bool isBigEndian in (bool[])[false, true])
        {
            byte[] message = MadeImages.Make(encoding, isBigEndian);
            for (int i = 0; i < 3; i++)
            {
                detector.Detect(RosImage.Read(message, detector.LastEncoding));
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadOnlySpan<DetectedObject> found = detector.Detect(RosImage.Read(message, detector.LastEncoding));
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            bool isFound = found.Length == 1 && found[0].Label == MadeImages.ExpectedLabel(encoding)
                && found[0].Box.Overlap(expected) > 0.95f && allocated == 0;
            Console.WriteLine(
                $"{encoding}{(isBigEndian ? ", big endian" : "")}: {(found.Length == 0 ? "nothing" : Describe(found[0]))}"
                    + $"{(isFound ? "" : $"; one {MadeImages.ExpectedLabel(encoding)} in {expected} without allocation was expected")}");
            isRight &= isFound;
        }
    }

    foreach (string encoding in (string[])["nv24", "bayer_rggb8", "32FC1"])
    {
        isRight &= IsRefused(detector, MadeImages.Make(encoding, false), encoding);
    }

    return isRight & IsRefused(detector, MadeImages.Make("rgb8", false)[..^1000], "data");
}

static bool IsRefused(ImageDetector detector, byte[] message, string named)
{
    try
    {
        detector.Detect(RosImage.Read(message));
        Console.WriteLine($"{named}: was not refused");
        return false;
    }
    catch (FrameException problem)
    {
        Console.WriteLine($"refused: {problem.Message}");
        return problem.Message.Contains(named, StringComparison.Ordinal);
    }
}
