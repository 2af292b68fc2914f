using DwEngine;
using DwEngine.Samples;
using DwEngine.Vision.Frames;

const string Usage = """
    usage: control-loop [MODEL.onnx] [--frames SOURCE] [--seconds N] [--threads N] [--rate HZ] [--realtime]
    SOURCE is a camera (/dev/video0), a folder of pictures of one size, or a file of raw YUYV frames of 640 x 480 pixels.
    Without it frames are made; without a model, one that needs no training finds what they show.
    --realtime locks the session's memory and gives all threads of the loop a real-time priority; it needs the rights for that.
    """;

LoopOptions? options = LoopOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    using FrameSource frames = FrameSource.Open(options.Frames, options.Rate);
    using FrameTask task = FrameTask.Create(options, frames.Format);
    return new ControlLoop(options, frames, task).Run() ? 0 : 1;
}
catch (Exception problem) when (problem is DwEngineException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"control-loop: {problem.Message}");
    return 1;
}
