using System.CommandLine;
using System.CommandLine.Parsing;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Options;

/// <summary>How pictures become inputs of a network that is no classifier.</summary>
internal sealed class PictureOptions
{
    private readonly Option<DetectorFamily?> _decoder = new("--decoder")
    {
        Description = "How the outputs are read. Default: by their number and shapes.",
        HelpName = string.Join('|', DetectorFamily.All.Select(family => family.Name)),
        CustomParser = OptionParsers.Word(DetectorFamily.All.ToDictionary(family => family.Name, family => (DetectorFamily?)family)),
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

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_decoder, _channels, _fit];

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="when">What they are for, as the beginning of a sentence, such as <c>Of a detector: </c>.</param>
    public void AddTo(Command command, string when = "")
    {
        foreach (Option option in All)
        {
            option.Description = when + option.Description;
            command.Add(option);
        }
    }

    /// <summary>The names of those that the user gave.</summary>
    public IEnumerable<string> Given(CommandResult result) =>
        All.Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name);

    /// <summary>What the user gave and no file of a network has a place for; null for nothing.</summary>
    public string? LostInFile(ParseResult parse) =>
        string.Join(" and ", new Option[] { _channels, _fit }
            .Where(option => parse.GetResult(option) is { Implicit: false }).Select(option => option.Name)) is { Length: > 0 } names
            ? names
            : null;

    /// <summary>What the user gave.</summary>
    public PictureSettings Read(ParseResult parse) => new(parse.GetValue(_decoder), parse.GetValue(_channels), parse.GetValue(_fit));
}

/// <summary>What the command line tells of a detector's pictures; null for what it does not.</summary>
/// <param name="Family">The family of the network.</param>
/// <param name="Order">The order of colours.</param>
/// <param name="Fit">How pictures are resized.</param>
internal sealed record PictureSettings(DetectorFamily? Family = null, ChannelOrder? Order = null, FitMode? Fit = null)
{
    /// <summary>What a family does, but for what the user wants otherwise.</summary>
    public DetectorPreprocessing Apply(DetectorPreprocessing usual) =>
        usual with { Order = Order ?? usual.Order, Fit = Fit ?? usual.Fit };
}
