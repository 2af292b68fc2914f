using DwEngine;
using DwEngine.Samples;

const string Usage = """
    usage: aspnet [--Detector:Model=MODEL.onnx] [--Detector:Labels=FILE] [--Detector:Count=N] [--urls=http://localhost:5000]
           aspnet --check
    Without a model the service finds cells of one colour. --check starts it, asks it, and ends with 0 if all answers were right.
    """;

if (args.Any(argument => argument is "-h" or "--help"))
{
    Console.WriteLine(Usage);
    return 0;
}

try
{
    if (args is ["--check"])
    {
        return await SelfCheck.Run();
    }

    await using WebApplication app = DetectionService.Build(args);
    await app.RunAsync();
    return 0;
}
catch (Exception problem) when (problem is DwEngineException or IOException or UnauthorizedAccessException or InvalidOperationException)
{
    Console.Error.WriteLine($"aspnet: {problem.Message}");
    return 1;
}
