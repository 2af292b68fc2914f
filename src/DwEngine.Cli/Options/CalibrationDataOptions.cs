using System.CommandLine;
using System.CommandLine.Parsing;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Statistics;
using DwEngine.Decomposition.Trials;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Vision;

namespace DwEngine.Cli.Options;

/// <summary>How images are prepared for the network that is calibrated.</summary>
/// <param name="Preparation">All values that decide it, see <see cref="CalibrationFolder.Preparation"/>.</param>
/// <param name="Open">Chooses images of a folder: how many at most, and the seed.</param>
internal sealed record CalibrationInput(string Preparation, Func<string, int, ulong, CalibrationFolder> Open);

/// <summary>Where calibration data come from, and how much of them is used.</summary>
internal sealed class CalibrationDataOptions
{
    private static readonly IEnumerable<string> s_asymmetric = DecompositionMethods.All
        .Where(method => method.Wants == CalibrationData.Asymmetric)
        .Select(method => method.Name);

    private readonly Option<string?> _folder = new("--calibration")
    {
        Description = "Folder of images like those that the network will see, with or without class folders.",
        HelpName = "DIR",
    };

    private readonly Option<int> _samples = new("--samples")
    {
        Description = "With --calibration: images to choose from the folder, at most.",
        HelpName = "N",
        DefaultValueFactory = _ => 1000,
        CustomParser = OptionParsers.Integer(1, int.MaxValue),
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "With --calibration: decides which images, and which positions of them, are used.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = OptionParsers.Integer(0, int.MaxValue),
    };

    private readonly Option<long> _memory = new("--memory")
    {
        Description =
            "With --calibration: what activations, samples and statistics may take together, in bytes, KiB, MiB or GiB (or K, M, G).",
        HelpName = "2GiB",
        DefaultValueFactory = _ => CalibrationOptions.Default.Memory,
        CustomParser = OptionParsers.Bytes,
    };

    private readonly Option<string?> _statistics = new("--statistics")
    {
        Description =
            "With --calibration: add the statistics of the images to this file, which need not exist; without --output, do only that. "
            + "Without --calibration: use the statistics instead of images. They are of the original network: methods that follow the "
            + "network as decomposed so far "
            + $"({string.Join(", ", s_asymmetric)}) "
            + "use the images alone where there are some; without images joint does with the statistics, at some loss of accuracy, and "
            + "the others refuse them.",
        HelpName = "file.safetensors",
        CustomParser = OptionParsers.FileName(".safetensors"),
    };

    private readonly Option<string?> _trials = new("--trials")
    {
        Description = "With --calibration: keep in this file what is found out about layers, ranks and networks, so that another target or "
            + "another network of a frontier is a matter of seconds. It need not exist. It is of one network, choice of images, seed and "
            + "memory bound, and the result is the same as without it.",
        HelpName = "file.safetensors",
        CustomParser = OptionParsers.FileName(".safetensors"),
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_folder);
        command.Add(_samples);
        command.Add(_seed);
        command.Add(_memory);
        command.Add(_statistics);
        command.Add(_trials);
        command.Validators.Add(RequireFolder);
    }

    /// <summary>Whether images or statistics are given.</summary>
    public bool HasData(CommandResult result) => result.GetResult(_folder) is not null || result.GetResult(_statistics) is not null;

    /// <summary>Whether a file of statistics is named.</summary>
    public bool HasStatistics(CommandResult result) => result.GetResult(_statistics) is not null;

    /// <summary>The file of statistics, or null.</summary>
    public string? StatisticsPath(ParseResult parse) => parse.GetValue(_statistics);

    /// <summary>The folder of images, or null; with one, the file of statistics is written, too, and else only read.</summary>
    public string? Folder(ParseResult parse) => parse.GetValue(_folder);

    /// <summary>The file of trials, or null.</summary>
    public string? TrialsPath(ParseResult parse) => parse.GetValue(_trials);

    /// <summary>The option of the file of trials, if it was given.</summary>
    public Option? TrialsIn(CommandResult result) => result.GetResult(_trials) is null ? null : _trials;

    /// <summary>Does work and then writes what it found out, if that is wanted: also what was found out until it was stopped.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="options">What the work is done with.</param>
    /// <param name="work">Does it.</param>
    /// <returns>The result of the work.</returns>
    /// <exception cref="FileFormatException">The file cannot be written.</exception>
    public T KeepTrials<T>(ParseResult parse, DecompositionOptions options, Func<T> work)
    {
        int known = options.Trials?.Count ?? 0;
        T result;
        try
        {
            result = work();
        }
        catch when (options.Trials?.Count > known)
        {
            Save();
            throw;
        }

        Save();
        return result;

        void Save()
        {
            if (parse.GetValue(_trials) is { } file)
            {
                TrialsFile.Save(file, options.Trials!);
            }
        }
    }

    /// <summary>Whether statistics are gathered and saved.</summary>
    public bool Gathers(CommandResult result) => result.GetResult(_folder) is not null && result.GetResult(_statistics) is not null;

    /// <summary>Adds the data to the settings that a report records.</summary>
    public DecomposeSettings Describe(ParseResult parse, DecomposeSettings settings) =>
        parse.GetValue(_folder) is null ? settings : settings with
        {
            Samples = parse.GetValue(_samples),
            Seed = parse.GetValue(_seed),
            Memory = parse.GetValue(_memory),
        };

    /// <summary>Adds the data to what is wanted, and gathers and saves statistics where they were asked for.</summary>
    /// <param name="invocation">The command's.</param>
    /// <param name="network">The network.</param>
    /// <param name="input">How images are prepared for it; asked for where that matters.</param>
    /// <param name="options">What is wanted of it.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else another is chosen in its place.</param>
    /// <param name="added">Receives how many images were added to the file of statistics.</param>
    /// <exception cref="DwEngineException">The folder or the file of statistics cannot be used.</exception>
    public DecompositionOptions Read(
        Invocation invocation, Network network, Func<CalibrationInput> input, DecompositionOptions options, bool isStrict, out long added)
    {
        added = 0;
        ParseResult parse = invocation.Parse;
        string? file = parse.GetValue(_statistics);
        int seed = parse.GetValue(_seed);
        var calibration = new CalibrationOptions { Seed = (ulong)seed, Memory = parse.GetValue(_memory) };
        if (parse.GetValue(_folder) is not { } folder)
        {
            return options with { Statistics = file is null ? null : LoadFitting(file, known => RequireSource(known, network, input)) };
        }

        CalibrationFolder images = input().Open(folder, parse.GetValue(_samples), (ulong)seed);
        if (!isStrict)
        {
            using var progress = new DelayedProgress(invocation.Context, "reading images", images.Count);
            images = images.WithoutUnreadable(calibration.Threads, new ProgressCounter<string>(progress), invocation.Cancellation);
        }

        options = options with { Images = images, Calibration = calibration };
        if (parse.GetValue(_trials) is { } trials)
        {
            options = options with { Trials = OpenTrials(trials, network, options) };
        }

        return file is null ? options : options with { Statistics = Gather(invocation, network, options, file, out added) };
    }

    private static DecompositionTrials OpenTrials(string file, Network network, DecompositionOptions options)
    {
        if (!File.Exists(file))
        {
            return new DecompositionTrials(network.Graph, options.Images!, options.Calibration);
        }

        DecompositionTrials trials = TrialsFile.Load(file);
        try
        {
            trials.RequireSource(network.Graph, options.Images!, options.Calibration);
            return trials;
        }
        catch (DecompositionException error)
        {
            throw new CommandException($"{file}: {error.Message}", error);
        }
    }

    private void RequireFolder(CommandResult result)
    {
        if (result.GetResult(_trials) is not null && result.GetResult(_statistics) is not null)
        {
            result.AddError($"{_trials.Name} and {_statistics.Name}: expected one of these; what is kept is found on images alone.");
        }

        Option[] useless =
        [
            .. new Option[] { _samples, _seed, _memory, _trials }.Where(option => result.GetResult(option) is { Implicit: false }),
        ];
        if (useless.Length > 0 && result.GetResult(_folder) is null)
        {
            result.AddError($"{string.Join(", ", useless.Select(option => option.Name))}: expected only together with {_folder.Name}.");
        }
    }

    private static CalibrationStatistics Gather(
        Invocation invocation, Network network, DecompositionOptions options, string file, out long added)
    {
        added = 0;
        CalibrationStatistics? known = !File.Exists(file) ? null
            : LoadFitting(file, known => known.RequireSource(CalibrationSource.Of(network.Graph, options.Images!)));
        CalibrationOptions calibration = options.Calibration with { FirstImage = known?.Images ?? 0 };
        if (known is not null && known.Seed != calibration.Seed)
        {
            throw new CommandException(
                $"{file}: holds statistics of seed {known.Seed}; expected seed {calibration.Seed}, to add others to them.");
        }

        // The same command once more changes nothing; some images of several would be counted twice.
        int counted = known?.CountOf(options.Images!) ?? 0;
        if (known is not null && counted == options.Images!.Count)
        {
            return known;
        }

        if (counted > 0)
        {
            throw new CommandException(
                $"{file}: holds {counted} of the {Words.Count(options.Images!.Count, "image")} already; "
                + "give other images, so that none counts twice.");
        }

        using var progress = new DelayedProgress(invocation.Context, "calibrating", DecompositionSite.Find(network.Graph).Length);
        CalibrationStatistics found = CalibrationStatistics.Gather(
            network.Graph, options.Images!, calibration, options.Layers, new ProgressCounter<string>(progress), invocation.Cancellation);
        CalibrationStatistics all = known?.Merge(found) ?? found;
        invocation.Cancellation.ThrowIfCancellationRequested();
        StatisticsFile.Save(file, all);
        added = found.Images;
        return all;
    }

    // The images are not at hand, but the statistics tell how they were prepared, and the network that is written bears that as its
    // metadata.
    private static void RequireSource(CalibrationStatistics known, Network network, Func<CalibrationInput> input)
    {
        if (!known.Source.TellsPreparation)
        {
            known.RequireNetwork(CalibrationSource.HashOf(network.Graph));
            return;
        }

        string preparation = input().Preparation;
        try
        {
            known.RequireSource(CalibrationSource.Of(network.Graph, preparation));
        }
        catch (DecompositionException error)
        {
            throw new DecompositionException(
                $"{error.Message} Expected those of {preparation}, as options and metadata tell or by default; "
                + "--size, --mean and --std give others.",
                error);
        }
    }

    private static CalibrationStatistics LoadFitting(string file, Action<CalibrationStatistics> check)
    {
        CalibrationStatistics statistics = StatisticsFile.Load(file);
        try
        {
            check(statistics);
            return statistics;
        }
        catch (DecompositionException error)
        {
            throw new CommandException($"{file}: {error.Message}", error);
        }
    }
}
