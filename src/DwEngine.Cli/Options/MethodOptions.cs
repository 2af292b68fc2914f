using System.CommandLine;
using System.CommandLine.Parsing;
using System.IO.Enumeration;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Graphs;

namespace DwEngine.Cli.Options;

/// <summary>By which method, how far, and which layers are decomposed.</summary>
internal sealed class MethodOptions
{
    private const string MultiplyAdds = "multiply-adds", Time = "time";

    private static readonly Dictionary<string, RankCriterion?> s_criteria = new()
    {
        ["answer"] = RankCriterion.Answer,
        ["singular-values"] = RankCriterion.SingularValues,
    };

    private readonly Option<string?> _method = new("--method")
    {
        Description = "How layers are decomposed. Default: joint with calibration data, svd without; where the error of the outputs "
            + "decides between ranks, joint or channel-asymmetric, for each layer the better.",
        HelpName = string.Join("|", DecompositionMethods.All.Select(method => method.Name)),
        CustomParser = OptionParsers.Word(DecompositionMethods.All.ToDictionary(method => method.Name, method => method.Name)),
    };

    private readonly Option<int> _rank = new("--rank")
    {
        Description = "Depthwise filters for each input channel, up to min(n, q) of n outputs and q taps, where the pair is exact; with "
            + "--max-error, --target-speedup or --frontier the most that a layer gets.",
        HelpName = "T",
        DefaultValueFactory = _ => 1,
        CustomParser = OptionParsers.Integer(1, 1024),
    };

    private readonly Option<double?> _targetSpeedup = new("--target-speedup")
    {
        Description = "Choose each layer's rank so that the network has at most 1/S of its multiply-adds and of its time measured on "
            + "this machine, and leave layers alone where it can. With --frontier: write the nearest network to the original that has at "
            + "most 1/S of its multiply-adds, or with --by time of its time.",
        HelpName = "S",
        CustomParser = OptionParsers.Number(1),
    };

    private readonly Option<string?> _by = new("--by")
    {
        Description = "What cheaper means. time: multiply-adds, and time measured on this machine. multiply-adds: these alone, so that the "
            + "same command gives the same file on any machine. With --frontier either the one or the other. Default: time; with "
            + "--frontier multiply-adds.",
        HelpName = "time|multiply-adds",
        CustomParser = OptionParsers.Word(new[] { Time, MultiplyAdds }.ToDictionary(word => word, string? (word) => word)),
    };

    private readonly Option<RankCriterion?> _criterion = new("--ranks-by")
    {
        Description = "With --target-speedup: what decides between ranks. answer: the error of the network's outputs on the calibration "
            + "images. singular-values: the weights alone. Default: answer with --calibration, singular-values without.",
        HelpName = string.Join("|", s_criteria.Keys),
        CustomParser = OptionParsers.Word(s_criteria),
    };

    private readonly Option<double?> _maxError = new("--max-error")
    {
        Description = "Leave a layer alone whose relative error (on the calibration data, else of its weights) is above E at every rank "
            + "up to --rank.",
        HelpName = "E",
        CustomParser = OptionParsers.Number(0),
    };

    private readonly Option<string[]> _layers = new("--layers")
    {
        Description =
            "Decompose only layers whose name fits, with * and ? as wildcards. May be repeated. Default: all but those that read the "
                + "network's input itself. Under torchvision's names, layers that no 1x1 convolution follows are always left alone: a pair "
                + "in their place cannot be written.",
        HelpName = "pattern",
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Leave layers alone whose name fits. May be repeated.",
        HelpName = "pattern",
    };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Decompose also layers that are not faster decomposed when measured on this machine.",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_method);
        command.Add(_rank);
        command.Add(_targetSpeedup);
        command.Add(_by);
        command.Add(_criterion);
        command.Add(_maxError);
        command.Add(_layers);
        command.Add(_exclude);
        command.Add(_force);
        command.Validators.Add(RequireOneGoal);
    }

    /// <summary>Those of the options that say what a decomposition shall be like and were given, but not which layers it is of.</summary>
    public IEnumerable<Option> Given(CommandResult result) =>
        new Option[] { _method, _rank, _targetSpeedup, _by, _criterion, _maxError, _force }
            .Where(option => IsGiven(result, option));

    /// <summary>Adds what the user wants to the settings that a report records.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="settings">Without them.</param>
    /// <param name="isFrontier">Whether networks to choose from were made, so that layers have no rank by default.</param>
    public DecomposeSettings Describe(ParseResult parse, DecomposeSettings settings, bool isFrontier = false)
    {
        double? speedup = parse.GetValue(_targetSpeedup);
        return settings with
        {
            Rank = (speedup is null && !isFrontier) || IsGiven(parse, _rank) ? parse.GetValue(_rank) : null,
            TargetSpeedup = speedup,
            By = parse.GetValue(_by),
            RanksBy = parse.GetValue(_criterion) is { } criterion ? s_criteria.First(word => word.Value == criterion).Key : null,
            MaxError = parse.GetValue(_maxError),
            Layers = parse.GetValue(_layers) ?? [],
            Exclude = parse.GetValue(_exclude) ?? [],
            Force = parse.GetValue(_force),
        };
    }

    /// <summary>Those of the options that have no meaning where networks to choose from are made.</summary>
    public IEnumerable<Option> UselessForFrontier(CommandResult result) =>
        new Option[] { _criterion, _maxError, _force }.Where(option => IsGiven(result, option));

    /// <summary>Whether cheap means fast, of networks to choose from.</summary>
    public bool IsFrontierByTime(ParseResult parse) => parse.GetValue(_by) == Time;

    /// <summary>Whether ranks are to be chosen by what they do to the answer.</summary>
    public bool NeedsImages(CommandResult result) => result.GetValue(_criterion) == RankCriterion.Answer;

    /// <summary>Whether a largest error of a layer is given.</summary>
    public bool HasMaxError(CommandResult result) => result.GetResult(_maxError) is not null;

    /// <summary>The wanted speedup, or null.</summary>
    public double? TargetSpeedup(ParseResult parse) => parse.GetValue(_targetSpeedup);

    /// <summary>The option of the wanted speedup, if it was given.</summary>
    public Option? TargetSpeedupIn(CommandResult result) => result.GetResult(_targetSpeedup) is null ? null : _targetSpeedup;

    /// <summary>What the user wants of networks to choose from.</summary>
    /// <inheritdoc cref="Read" path="/param"/>
    /// <inheritdoc cref="Read" path="/exception"/>
    public DecompositionOptions ReadForFrontier(ParseResult parse, Graph graph, bool isWritten) => new()
    {
        Method = parse.GetValue(_method),
        LargestRank = IsGiven(parse, _rank) ? parse.GetValue(_rank) : null,
        Layers = ReadLayers(parse, graph, isWritten),
    };

    /// <summary>What the user wants of a network; measured, and without data.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="graph">The network.</param>
    /// <param name="isWritten">Whether the result becomes a weight file, which has a form for some layers only.</param>
    /// <exception cref="CommandException">A pattern fits no layer, or none that can be written decomposed.</exception>
    public DecompositionOptions Read(ParseResult parse, Graph graph, bool isWritten) => new()
    {
        Method = parse.GetValue(_method),
        Rank = parse.GetValue(_rank),
        TargetSpeedup = parse.GetValue(_targetSpeedup),
        LargestRank = parse.GetValue(_targetSpeedup) is not null && IsGiven(parse, _rank) ? parse.GetValue(_rank) : null,
        Criterion = parse.GetValue(_criterion),
        MaxError = parse.GetValue(_maxError),
        Layers = ReadLayers(parse, graph, isWritten),
        Measure = parse.GetValue(_by) != MultiplyAdds,
        Force = parse.GetValue(_force),
    };

    private Func<string, bool>? ReadLayers(ParseResult parse, Graph graph, bool isWritten)
    {
        string[] chosen = parse.GetValue(_layers) ?? [], excluded = parse.GetValue(_exclude) ?? [];
        if (chosen.Length == 0 && excluded.Length == 0)
        {
            return null;
        }

        DecompositionSite[] sites = [.. DecompositionSite.Find(graph)];
        foreach (string pattern in chosen.Concat(excluded))
        {
            if (!sites.Any(site => Fits(pattern, site.Name)))
            {
                string example = sites.Length == 0 ? "it has none" : $"they have names such as '{sites[^1].Name}'";
                throw new CommandException($"The pattern '{pattern}' fits no regular convolution of the network; {example}.");
            }
        }

        foreach (string pattern in isWritten ? chosen : [])
        {
            RequireWritable([.. sites.Where(site => Fits(pattern, site.Name))]);
        }

        HashSet<string> names =
        [
            .. sites.Where(site => chosen.Length == 0 || chosen.Any(pattern => Fits(pattern, site.Name)))
                .Where(site => !excluded.Any(pattern => Fits(pattern, site.Name)))
                .Select(site => site.Name),
        ];
        return names.Contains;
    }

    private static void RequireWritable(DecompositionSite[] sites)
    {
        if (!sites.Any(site => site.IsWritable))
        {
            string names = string.Join(", ", sites.Select(site => $"'{site.Name}'"));
            throw new CommandException(
                $"{names}: no 1x1 convolution follows it, so a pair in its place cannot be written under torchvision's names.");
        }
    }

    private static bool IsGiven(ParseResult parse, Option option) => IsGiven(parse.CommandResult, option);

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static bool Fits(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private void RequireOneGoal(CommandResult result)
    {
        if (IsGiven(result, _targetSpeedup) && IsGiven(result, _maxError))
        {
            result.AddError($"{_targetSpeedup.Name} decides the ranks; it cannot be given together with {_maxError.Name}.");
        }

        if (IsGiven(result, _criterion) && !IsGiven(result, _targetSpeedup))
        {
            result.AddError($"{_criterion.Name}: expected only together with {_targetSpeedup.Name}.");
        }
    }
}
