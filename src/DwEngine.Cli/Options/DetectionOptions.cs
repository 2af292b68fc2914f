using System.CommandLine;
using System.CommandLine.Parsing;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Options;

/// <summary>How boxes are read from a network's outputs, and what its pictures are like.</summary>
internal sealed class DetectionOptions
{
    private readonly PictureOptions _pictures = new();

    private readonly Option<float> _score = new("--score")
    {
        Description = "Boxes of a lower score are left out.",
        HelpName = "0..1",
        DefaultValueFactory = _ => 0.5f,
        CustomParser = OptionParsers.Share,
    };

    private readonly Option<float> _overlap = new("--iou")
    {
        Description = "Of two boxes of one class whose intersection is a larger share of their union, only the better one is kept.",
        HelpName = "0..1",
        DefaultValueFactory = _ => 0.45f,
        CustomParser = OptionParsers.Share,
    };

    private IEnumerable<Option<float>> Limits => [_score, _overlap];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="when">What they are for, as the beginning of a sentence; empty where the command is for nothing else.</param>
    public void AddTo(Command command, string when = "")
    {
        _pictures.AddTo(command, when);
        foreach (Option<float> option in Limits)
        {
            option.Description = when + option.Description;
            command.Add(option);
        }
    }

    /// <summary>The names of those that the user gave.</summary>
    public IEnumerable<string> Given(CommandResult result) =>
        _pictures.Given(result).Concat(
            Limits.Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name));

    /// <summary>What the user gave.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="session">How the network runs.</param>
    /// <param name="given">What the user gave of the network's metadata.</param>
    /// <param name="labelsFile">The file of labels that the user gave, or null.</param>
    public DetectorSettings Read(ParseResult parse, SessionOptions session, ModelMetadata given, string? labelsFile) => new(
        new DetectorOptions
        {
            MinimumScore = parse.GetValue(_score),
            MaximumOverlap = parse.GetValue(_overlap),
            Session = given.InputSize is { } size ? session with { InputShape = new Shape(1, 3, size, size) } : session,
        },
        given,
        _pictures.Read(parse),
        labelsFile);
}

/// <summary>What the command line tells of a detector.</summary>
/// <param name="Options">What decodes and runs.</param>
/// <param name="Given">What the user gave of the network's metadata.</param>
/// <param name="Pictures">What the user gave of the pictures.</param>
/// <param name="LabelsFile">The file that the labels are from, or null.</param>
internal sealed record DetectorSettings(DetectorOptions Options, ModelMetadata Given, PictureSettings Pictures, string? LabelsFile = null);
