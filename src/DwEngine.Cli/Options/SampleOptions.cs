using System.CommandLine;

namespace DwEngine.Cli.Options;

/// <summary>How many images of a folder are used, and what becomes of those that cannot be read.</summary>
internal sealed class SampleOptions
{
    private readonly Option<int?> _limit = new("--limit")
    {
        Description = "Use at most so many images, spread over all classes; always the same ones. Default: all.",
        HelpName = "N",
        CustomParser = result => OptionParsers.Integer(1, int.MaxValue)(result),
    };

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Stop at an image that cannot be read. Default: skip it and say so; it is an error if most cannot be read.",
    };

    /// <summary>Adds the limit to a command.</summary>
    public void AddLimitTo(Command command) => command.Add(_limit);

    /// <summary>Adds the choice between skipping and stopping to a command.</summary>
    public void AddStrictTo(Command command) => command.Add(_strict);

    /// <summary>How many images at most.</summary>
    public int Limit(ParseResult parse) => parse.GetValue(_limit) ?? int.MaxValue;

    /// <summary>Whether an image that cannot be read is an error.</summary>
    public bool IsStrict(ParseResult parse) => parse.GetValue(_strict);
}
