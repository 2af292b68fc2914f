using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;

namespace DwEngine.Cli.Options;

/// <summary>Whether networks to choose from are made, how many, and which of them is written.</summary>
internal sealed class FrontierChoice
{
    private const string MaxDropName = "--max-drop", DataName = "--data";

    private readonly Option<bool> _frontier = new("--frontier")
    {
        Description = "Make several networks between the cheapest and the original, of which none is both cheaper and nearer to the "
            + "original's answer than another, and tell what each costs and loses. Needs --calibration. Counts multiply-adds, so that the "
            + "same command makes the same networks, or with --by time the time of a run on this machine.",
    };

    private readonly Option<int> _points = new("--points")
    {
        Description = "With --frontier: networks whose ranks are chosen by the answer, at most. Up to seven others are made to compare "
            + "with.",
        HelpName = "N",
        DefaultValueFactory = _ => new FrontierOptions().Points,
        CustomParser = OptionParsers.Integer(2, 64),
    };

    private readonly Option<string?> _data = new(DataName)
    {
        Description = "With --frontier: also measure the top-1 accuracy of each network on DIR/<class>/<image>.",
        HelpName = "DIR",
    };

    private readonly Option<int?> _point = new("--point")
    {
        Description = "With --frontier: write the network of that number to --output.",
        HelpName = "K",
        CustomParser = result => OptionParsers.Integer(1, 1000)(result),
    };

    private readonly Option<double?> _maxLogitError = new("--max-logit-error")
    {
        Description = "With --frontier: write the cheapest network whose outputs on the calibration images have at most this squared "
            + "error, relative to their variance.",
        HelpName = "E",
        CustomParser = OptionParsers.Number(0),
    };

    private readonly Option<double?> _maxDrop = new(MaxDropName)
    {
        Description = $"With --frontier and {DataName}: write the cheapest network that loses at most so many points of top-1 accuracy.",
        HelpName = "POINTS",
        CustomParser = OptionParsers.Number(0, 100),
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_frontier);
        command.Add(_points);
        command.Add(_data);
        command.Add(_point);
        command.Add(_maxLogitError);
        command.Add(_maxDrop);
        command.Validators.Add(RequireFrontier);
    }

    /// <summary>Whether there are to be networks to choose from.</summary>
    public bool IsWanted(CommandResult result) => result.GetValue(_frontier);

    /// <inheritdoc cref="IsWanted(CommandResult)"/>
    public bool IsWanted(ParseResult parse) => parse.GetValue(_frontier);

    /// <summary>The folder of labelled images, or null.</summary>
    public string? Data(ParseResult parse) => parse.GetValue(_data);

    /// <summary>How many networks are made, and what cheap means.</summary>
    public FrontierOptions Read(ParseResult parse, bool byTime) => new() { Points = parse.GetValue(_points), ByTime = byTime };

    /// <summary>The options that were given and choose a network, other than a speedup.</summary>
    public IEnumerable<Option> Picks(CommandResult result) =>
        new Option[] { _point, _maxLogitError, _maxDrop }.Where(option => result.GetResult(option) is not null);

    /// <summary>The number of the network that the user wants, from 1 on.</summary>
    /// <param name="parse">The command line, with one option that chooses.</param>
    /// <param name="speedup">The wanted speedup; null if another option chooses.</param>
    /// <param name="cost">What the speedup is of: the multiply-adds, or the time.</param>
    /// <param name="points">
    /// The networks from cheap to dear: by what factor each is cheaper, its error, and the points of top-1 that it loses, or null.
    /// </param>
    /// <exception cref="CommandException">No network is as wanted.</exception>
    public int Pick(
        ParseResult parse, double? speedup, string cost, (double Speedup, double Error, double? Drop)[] points)
    {
        if (parse.GetValue(_point) is { } number)
        {
            return number <= points.Length ? number : throw new CommandException(
                $"{_point.Name}: expected 1 to {points.Length}, since so many networks were found; found {number}.");
        }

        if (parse.GetValue(_maxLogitError) is { } error)
        {
            return Found(
                Array.FindIndex(points, point => point.Error <= error),
                $"{_maxLogitError.Name}: no network has an error of at most {Number(error)}; the least is "
                    + $"{LeastAbove(points[^1].Error)}.");
        }

        if (parse.GetValue(_maxDrop) is { } drop)
        {
            return Found(
                Array.FindIndex(points, point => point.Drop <= drop),
                $"{MaxDropName}: each network loses more than {Number(drop)} points of top-1; the least is "
                    + $"{Number(points.Min(point => point.Drop) ?? double.NaN)}.");
        }

        return Found(
            Array.FindLastIndex(points, point => point.Speedup >= speedup),
            $"--target-speedup: no network has at most 1/{Number(speedup!.Value)} of the {cost}; the cheapest has "
                + $"1/{Number(points[0].Speedup)}.");

        static int Found(int index, string otherwise) => index >= 0 ? index + 1 : throw new CommandException(otherwise);
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    // Rounded up, so that the option takes what its own error line says.
    private static string LeastAbove(double value) =>
        Number(double.Parse(Number(value), CultureInfo.InvariantCulture) < value ? value * 1.0005 : value);

    private void RequireFrontier(CommandResult result)
    {
        if (!IsWanted(result))
        {
            Option[] useless =
            [
                .. new Option[] { _points, _data, _point, _maxLogitError, _maxDrop }
                    .Where(option => result.GetResult(option) is { Implicit: false }),
            ];
            if (useless.Length > 0)
            {
                result.AddError(
                    $"{string.Join(", ", useless.Select(option => option.Name))}: expected only together with {_frontier.Name}.");
            }
        }
        else if (result.GetResult(_maxDrop) is not null && result.GetResult(_data) is null)
        {
            result.AddError($"{MaxDropName} needs {DataName}, whose images tell the accuracy.");
        }
        else if (result.GetValue(_point) is { } number && number > result.GetValue(_points) + FrontierOptions.MostOthers)
        {
            result.AddError(
                $"{_point.Name}: expected at most {result.GetValue(_points) + FrontierOptions.MostOthers}, since no more networks are "
                + $"made with {_points.Name} {result.GetValue(_points)}; found {number}.");
        }
    }
}
