using System.CommandLine;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;

namespace DwEngine.Cli.Commands;

/// <summary>
/// <c>dw detect</c>: which objects are where on an image. An image that cannot be read is reported and fails the command in the end; the
/// others are still run.
/// </summary>
internal sealed class DetectCommand() : CliCommand(
    "detect",
    "Find objects in images: label, score and box of each. An unreadable image does not stop the others.",
    "dw detect detector.onnx street.jpg --labels coco.names --draw boxes")
{
    private readonly ModelOptions _model = new();
    private readonly DetectionOptions _detection = new();
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();

    private readonly Argument<string[]> _images = new("IMAGE")
    {
        Description = "JPEG or PNG files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _draw = new("--draw")
    {
        Description = "Folder for copies of the images with the boxes drawn in. Made if it is missing.",
        HelpName = "dir",
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_images);
        _detection.AddTo(command);
        command.Add(_draw);
        _execution.AddTo(command);
        _model.AddWeightsTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string[] images = parse.GetRequiredValue(_images);
        IReadOnlyList<string>? copies = parse.GetValue(_draw) is { } folder ? CopiesIn(folder, images, invocation) : null;
        (Network network, ModelMetadata given, IReadOnlyList<string> remarks) = _model.LoadDetector(parse);
        using var runner = new DetectorRunner(
            _model.Path(parse),
            _model.Prepare(parse, network),
            _detection.Read(parse, _execution.ForSession(parse, null), given, _model.LabelsFile(parse)));
        using var progress = new DelayedProgress(invocation.Context, "detecting", images.Length);
        return DetectReport.Of(runner, images, copies, remarks, progress, invocation.Cancellation);
    }

    // Checked before the work: no copy is another's, or one of the files that are read.
    private string[] CopiesIn(string folder, string[] images, Invocation invocation)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{folder}: is no folder for the images and cannot be made one: {error.Message}", error);
        }

        string[] copies = [.. images.Select(image => Path.Combine(folder, BoxDrawing.NameOf(image)))];
        OutputFiles.Require(
            invocation.Context,
            _model.Files(invocation.Parse),
            [.. copies.Select((copy, i) => ($"the copy of {images[i]}", (string?)copy))]);
        OutputFiles.RequireNoneOf(images, [.. copies.Select((copy, i) => ($"the copy of {images[i]}", (string?)copy))]);
        return copies;
    }
}
