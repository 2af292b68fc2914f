using System.CommandLine;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Options;

/// <summary>How boxes are read from a network's outputs, and what its pictures are like.</summary>
internal sealed class DetectionOptions
{
    private readonly Option<DetectorFamily?> _decoder = new("--decoder")
    {
        Description = "How the outputs are read. Default: by their number and shapes.",
        HelpName = string.Join('|', DetectorFamily.All.Select(family => family.Name)),
        CustomParser = OptionParsers.Word(DetectorFamily.All.ToDictionary(family => family.Name, family => (DetectorFamily?)family)),
    };

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

    private readonly Option<ChannelOrder?> _channels = new("--channels")
    {
        Description = "Order of the colours in the input. Default: the decoder's.",
        HelpName = "rgb|bgr",
        CustomParser = OptionParsers.Word(
            new Dictionary<string, ChannelOrder?> { ["rgb"] = ChannelOrder.Rgb, ["bgr"] = ChannelOrder.Bgr }),
    };

    private readonly Option<FitMode?> _fit = new("--resize")
    {
        Description = "Whether pictures lose their proportions or get a border. Default: the decoder's.",
        HelpName = "stretch|letterbox",
        CustomParser = OptionParsers.Word(
            new Dictionary<string, FitMode?> { ["stretch"] = FitMode.Stretch, ["letterbox"] = FitMode.Letterbox }),
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_decoder);
        command.Add(_score);
        command.Add(_overlap);
        command.Add(_channels);
        command.Add(_fit);
    }

    /// <summary>What the user gave.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="session">How the network runs.</param>
    /// <param name="given">What the user gave of the network's metadata.</param>
    public DetectorSettings Read(ParseResult parse, SessionOptions session, ModelMetadata given) => new(
        new DetectorOptions
        {
            Family = parse.GetValue(_decoder),
            MinimumScore = parse.GetValue(_score),
            MaximumOverlap = parse.GetValue(_overlap),
            Session = given.InputSize is { } size ? session with { InputShape = new Shape(1, 3, size, size) } : session,
        },
        given,
        parse.GetValue(_channels),
        parse.GetValue(_fit));
}

/// <summary>What the command line tells of a detector.</summary>
/// <param name="Options">What decodes and runs.</param>
/// <param name="Given">What the user gave of the network's metadata.</param>
/// <param name="Order">The order of colours, or null for the family's.</param>
/// <param name="Fit">How pictures are resized, or null for the family's.</param>
internal sealed record DetectorSettings(DetectorOptions Options, ModelMetadata Given, ChannelOrder? Order = null, FitMode? Fit = null);
