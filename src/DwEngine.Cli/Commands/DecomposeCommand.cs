using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Models;
using DwEngine.Onnx;
using DwEngine.PyTorch;
using DwEngine.Vision;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw decompose</c>: a weight file with separable convolutions in the place of regular ones.</summary>
internal sealed class DecomposeCommand() : CliCommand(
    "decompose",
    "Turn a network's regular convolutions into depthwise separable ones, without training.",
    "dw decompose model.safetensors -o small.safetensors --calibration data/train --samples 1000 --report report.html")
{
    // From the first factor on, a network has much fewer multiply-adds than another; up to the second, it is hardly faster.
    private const double MuchMore = 1.15, LittleMore = 1.05;

    private readonly ModelOptions _model = new();
    private readonly MethodOptions _method = new();
    private readonly CalibrationDataOptions _data = new();
    private readonly PictureOptions _pictures = new();
    private readonly SampleOptions _sample = new();
    private readonly FrontierChoice _frontier = new();

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = $"File to write: an ONNX network ({OnnxFile.Extension}) or a PyTorch module ({PyTorchModule.Extension}), of any "
            + $"network, or a weight file ({string.Join(", ", CheckpointFile.WritableExtensions)}) under torchvision's names. "
            + $"Required, but for --frontier, and for --calibration together with --statistics: these alone only gather and save "
            + $"statistics.",
        HelpName = "file",
        CustomParser = OptionParsers.FileName([.. NetworkOutput.Extensions]),
    };

    private readonly Option<string?> _report = new("--report")
    {
        Description = "Also write the report to a file, for machines (.json) or for people (.html).",
        HelpName = "file.html|.json",
        CustomParser = OptionParsers.FileName(ReportFile.Extensions),
    };

    private readonly Option<string?> _compareData = new("--compare-data")
    {
        Description = "Also run both networks on these images and report how often they agree, "
            + "and on DIR/<class>/<image> accuracy against time.",
        HelpName = "DIR",
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_output);
        _method.AddTo(command);
        _data.AddTo(command);
        _frontier.AddTo(command);
        _pictures.AddTo(command, "For the calibration of a detector. ");
        command.Add(_report);
        command.Add(_compareData);
        _sample.AddStrictTo(command);
        _model.AddOptionsTo(command);
        command.Validators.Add(RequireOutput);
        command.Validators.Add(RequireData);
        command.Validators.Add(RequireFrontier);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string? output = parse.GetValue(_output), reportFile = parse.GetValue(_report), statisticsFile = _data.StatisticsPath(parse);
        RequireOutputs(
            invocation, (_output.Name, output), (_report.Name, reportFile), ("--statistics", statisticsFile),
            ("--trials", _data.TrialsPath(parse)));
        (Network network, InputDescription input) = _model.LoadNetwork(parse);
        RequireForm(_model.Path(parse), network, output);
        var detector = new Lazy<DetectorInput?>(
            () => DetectorInput.Of(_model.Path(parse), network, _model.Given(parse), _pictures.Read(parse)));
        if (_data.Folder(parse) is not null && detector.Value is { Text: var pictures })
        {
            input = input with { Pictures = pictures };
        }

        if (parse.GetValue(_compareData) is not null)
        {
            Classifier.Require(_model.Path(parse), network.Graph);
        }

        var original = new NetworkModel(network.Graph, network.Metadata);
        if (_frontier.IsWanted(parse))
        {
            return ExecuteFrontier(invocation, network, original, input, () => CalibrationInputOf(network, detector.Value));
        }

        EvaluationImages? compareImages = parse.GetValue(_compareData) is { } folder ? EvaluationImages.OpenAny(folder, original) : null;
        bool isStrict = _sample.IsStrict(parse);
        bool isWritten = output is not null && !NetworkOutput.HoldsLayers(output);
        DecompositionOptions wanted = _method.Read(parse, network.Graph, isWritten);
        DecompositionOptions options = _data.Read(
            invocation, network, () => CalibrationInputOf(network, detector.Value), wanted, isStrict, out long added);
        var images = options.Images as CalibrationFolder;
        if (output is null)
        {
            return new StatisticsReport(_model.Path(parse), statisticsFile!, options.Statistics!, added, input, images!);
        }

        CalibrationUse use = CalibrationUse.Of(options);
        NetworkDecomposition decomposition = _data.KeepTrials(parse, options, () => Decompose(invocation, network, options, output));
        Network result = Rebuild(output, network, decomposition);
        NetworkModel decomposed = new(result.Graph, result.Metadata);
        Agreement? comparison = compareImages is null ? null : Comparer.Compare(
            original, decomposed, compareImages, isStrict, invocation.Context, invocation.Cancellation);
        (double before, double after, MeasuringConditions conditions) = comparison is null
            ? Comparer.Measure(original, decomposed, invocation.Context, invocation.Cancellation)
            : (comparison.FirstMilliseconds, comparison.SecondMilliseconds, comparison.Conditions);
        string methods = DecomposeReport.NameMethods(decomposition, use);
        var report = new DecomposeReport
        {
            Model = _model.Path(parse),
            Output = output,
            Metadata = result.Metadata,
            Decomposition = decomposition,
            Input = input,
            Use = use,
            Calibration = images,
            Settings = _data.Describe(parse, _method.Describe(parse, new() { Arguments = invocation.Arguments, Method = methods })),
            MillisecondsBefore = before,
            MillisecondsAfter = after,
            Conditions = conditions,
            Comparison = comparison,
        };
        if (_pictures.LostInFile(parse) is { } lost)
        {
            ErrorLine.Write($"{output} cannot keep {lost}; tell 'dw detect' and 'dw compare' again.", invocation.Context);
        }

        if (TimeRemark(options, decomposition, before / after) is { } remark)
        {
            ErrorLine.Write(remark, invocation.Context);
        }

        invocation.Cancellation.ThrowIfCancellationRequested();
        NetworkOutput.Save(
            output, _model.Path(parse), decomposition.Graph, NetworkOutput.HoldsLayers(output) ? result.Metadata : network.Metadata);
        if (reportFile is not null)
        {
            ReportFile.Write(reportFile, report, () => HtmlReport.Write(report));
        }

        return report;
    }

    private FrontierReport ExecuteFrontier(
        Invocation invocation, Network network, NetworkModel original, InputDescription input, Func<CalibrationInput> calibration)
    {
        ParseResult parse = invocation.Parse;
        string? output = parse.GetValue(_output), reportFile = parse.GetValue(_report);
        bool isStrict = _sample.IsStrict(parse), isWritable = output is not null && !NetworkOutput.HoldsLayers(output);
        bool byTime = _method.IsFrontierByTime(parse);
        EvaluationImages? labelled = null;
        if (_frontier.Data(parse) is { } folder)
        {
            Classifier.Require(_model.Path(parse), network.Graph);
            labelled = EvaluationImages.Open(folder, original);
        }

        DecompositionOptions options = _data.Read(
            invocation, network, calibration, _method.ReadForFrontier(parse, network.Graph, isWritable), isStrict, out _);
        NetworkFrontier frontier = _data.KeepTrials(parse, options, () => FrontierStudy.Find(
            network, options, _frontier.Read(parse, byTime), isWritable, invocation.Context, invocation.Cancellation));
        FrontierStudy.Result result = FrontierStudy.Measure(
            original, frontier, byTime, labelled, isStrict, invocation.Context, invocation.Cancellation);
        CalibrationUse use = CalibrationUse.Of(options);
        string methods = FrontierReport.NameMethods(frontier, use);
        var report = new FrontierReport
        {
            Model = _model.Path(parse),
            ByTime = byTime,
            HasFewPositions = frontier.HasFewPositions,
            Points = result.Points,
            Others = result.Others,
            Milliseconds = result.Milliseconds,
            Top1 = result.Top1,
            Sample = result.Sample,
            Description = input,
            Use = use,
            Calibration = (CalibrationFolder)options.Images!,
            Settings = _data.Describe(
                parse, _method.Describe(parse, new() { Arguments = invocation.Arguments, Method = methods }, isFrontier: true)),
            Conditions = result.Conditions,
        };
        // The networks took minutes to make: what was found out is kept even if none of them is as wanted.
        WritePage();
        if (output is not null)
        {
            int point = _frontier.Pick(
                parse,
                _method.TargetSpeedup(parse),
                byTime ? "time" : "multiply-adds",
                [
                    .. report.Points.Select(entry => (
                        byTime ? report.Milliseconds / entry.Milliseconds : entry.SpeedupInMultiplyAdds, entry.Point.AnswerError,
                        report.Top1 - entry.Top1)),
                ]);
            NetworkDecomposition chosen = report.Points[point - 1].Point.Decomposition;
            Network rebuilt = Rebuild(output, network, chosen);
            invocation.Cancellation.ThrowIfCancellationRequested();
            NetworkOutput.Save(
                output, _model.Path(parse), chosen.Graph, NetworkOutput.HoldsLayers(output) ? rebuilt.Metadata : network.Metadata);
            report = report with { Output = output, Written = point };
            WritePage();
        }

        return report;

        void WritePage()
        {
            if (reportFile is not null)
            {
                ReportFile.Write(reportFile, report, () => FrontierPage.Write(report));
            }
        }
    }

    /// <summary>What the measured time of a network has to do with what was asked for; null if there is nothing to say.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="decomposition">The network.</param>
    /// <param name="faster">How many times as fast as the original it is.</param>
    internal static string? TimeRemark(DecompositionOptions options, NetworkDecomposition decomposition, double faster)
    {
        double cheaper = (double)decomposition.MultiplyAddsBefore / decomposition.MultiplyAddsAfter;
        return options switch
        {
            { TargetSpeedup: { } speedup, Measure: true } when faster < speedup => string.Create(
                CultureInfo.InvariantCulture,
                $"the target of {speedup:R} is missed in time: the network that was made is {faster:F2} times as fast. "
                + $"Times vary; try again, or ask for a little more."),
            { TargetSpeedup: { } speedup, Measure: true } when faster > MuchMore * speedup && cheaper > MuchMore * speedup => string.Create(
                CultureInfo.InvariantCulture,
                $"the network that was made is {faster:F2} times as fast, where {speedup:R} was asked for. "
                + $"Times vary; try again, or go by multiply-adds."),
            _ when cheaper > MuchMore && faster < LittleMore => string.Create(
                CultureInfo.InvariantCulture,
                $"the network has {cheaper:F2} times fewer multiply-adds, but is only {faster:F2} times as fast on this machine."),
            _ => null,
        };
    }

    private void RequireOutput(CommandResult result)
    {
        if (result.GetResult(_output) is not null || _frontier.IsWanted(result))
        {
            return;
        }

        if (!_data.Gathers(result))
        {
            result.AddError($"{_output.Name} is required; only --calibration and --statistics together do without, to gather statistics.");
        }
        else if (_method.Given(result).Concat(
            new Option?[] { _report, _compareData, _data.TrialsIn(result) }
                .Where(option => option is not null && result.GetResult(option) is not null)).FirstOrDefault() is { } useless)
        {
            result.AddError($"{useless.Name}: expected only together with {_output.Name}; without it, statistics are gathered and "
                + $"nothing is decomposed.");
        }
    }

    private void RequireFrontier(CommandResult result)
    {
        if (_data.TrialsIn(result) is { } trials && _method.HasMaxError(result))
        {
            result.AddError($"{trials.Name}: not expected together with --max-error, under which nothing is kept.");
        }

        if (!_frontier.IsWanted(result))
        {
            return;
        }

        string[] useless =
        [
            .. _method.UselessForFrontier(result).Select(option => option.Name),
            .. result.GetResult(_compareData) is null ? [] : new[] { _compareData.Name },
            .. _data.HasStatistics(result) ? new[] { "--statistics" } : [],
        ];
        if (useless.Length > 0)
        {
            result.AddError($"{string.Join(", ", useless)}: not expected together with --frontier.");
        }

        if (!_data.HasData(result))
        {
            result.AddError("--frontier needs --calibration, whose images tell what each network loses.");
        }

        Option[] picks = [.. _frontier.Picks(result), .. _method.TargetSpeedupIn(result) is { } speedup ? new[] { speedup } : []];
        if (picks.Length > 1)
        {
            result.AddError($"{string.Join(", ", picks.Select(option => option.Name))}: expected one of these, which chooses a network.");
        }

        if (picks.Length == 1 && result.GetResult(_output) is null)
        {
            result.AddError($"{picks[0].Name}: expected only together with {_output.Name}, to which the network is written.");
        }

        if (picks.Length == 0 && result.GetResult(_output) is not null)
        {
            result.AddError($"{_output.Name} needs --point, --max-logit-error, --max-drop or --target-speedup beside --frontier, which "
                + $"choose the network that is written.");
        }
    }

    private void RequireData(CommandResult result)
    {
        if (_method.NeedsImages(result) && !_data.HasData(result))
        {
            result.AddError("--ranks-by answer needs --calibration, whose images tell what each rank does to the answer.");
        }

        string[] useless = [.. _pictures.Given(result)];
        if (useless.Length > 0 && !_data.HasData(result))
        {
            result.AddError($"{string.Join(", ", useless)}: expected only together with --calibration or --statistics.");
        }
    }

    private static CalibrationInput CalibrationInputOf(Network network, DetectorInput? detector) => detector is null
        ? new(
            Preprocessing.For(network.Metadata).ToString(),
            (folder, samples, seed) => new CalibrationFolder(folder, network.Metadata, samples, seed))
        : new(
            detector.Preprocessing.Describe(detector.Width, detector.Height),
            (folder, samples, seed) =>
                new CalibrationFolder(folder, detector.Preprocessing, detector.Width, detector.Height, samples, seed));

    private void RequireOutputs(
        Invocation invocation, (string Purpose, string? Path) output, (string Purpose, string? Path) report,
        (string Purpose, string? Path) statistics, (string Purpose, string? Path) trials)
    {
        ParseResult parse = invocation.Parse;
        string?[] folders = [_data.Folder(parse), parse.GetValue(_compareData), _frontier.Data(parse)];
        (string Purpose, string? Path)[] inputs = _model.Files(parse);
        (string Purpose, string? Path)[] outputs = [output, NetworkOutput.FileBeside(output.Purpose, output.Path), report, trials];
        if (folders[0] is null)
        {
            inputs = [.. inputs, statistics];
        }
        else
        {
            outputs = [.. outputs, statistics];
        }

        OutputFiles.Require(invocation.Context, inputs, outputs);
        OutputFiles.RequireNoneOf(folders.OfType<string>().SelectMany(folder => ImageFolder.FindAll(folder)), outputs);
    }

    // Found out before the work, which may take minutes: only networks of known architectures have names in weight files.
    private static void RequireForm(string model, Network network, string? output)
    {
        if (output is null || NetworkOutput.HoldsLayers(output))
        {
            return;
        }

        try
        {
            _ = Architectures.ToCheckpoint(network.Graph, network.Metadata);
        }
        catch (WeightMismatchException error)
        {
            throw new CommandException(
                $"{output}: {model} has no form under torchvision's names; a file with the extension {OnnxFile.Extension} or "
                + $"{PyTorchModule.Extension} was expected.",
                error);
        }
    }

    // An ONNX file has a form for a pair in any place.
    private static NetworkDecomposition Decompose(Invocation invocation, Network network, DecompositionOptions options, string output)
    {
        int layers = DecompositionSite.Find(network.Graph).Length;
        bool isPlanned = options.TargetSpeedup is not null;
        using var progress = new DelayedProgress(
            invocation.Context, isPlanned ? "choosing ranks, decomposing" : "decomposing", isPlanned ? 2 * layers : layers);
        options = options with { PlanningProgress = new ProgressCounter<string>(progress) };
        var counter = new ProgressCounter<LayerReport>(progress);
        return NetworkOutput.HoldsLayers(output)
            ? NetworkDecomposer.Decompose(network.Graph, options, counter, invocation.Cancellation)
            : NetworkDecomposer.Decompose(network, options, counter, invocation.Cancellation);
    }

    /// <summary>The network as a reader of the file will build it.</summary>
    private static Network Rebuild(string output, Network network, NetworkDecomposition decomposition)
    {
        try
        {
            return Architectures.Build(Architectures.ToCheckpoint(decomposition.Graph, network.Metadata));
        }
        catch (WeightMismatchException) when (NetworkOutput.HoldsLayers(output))
        {
            // No architecture has these layers; the file says them itself. How pictures were prepared is known now, and stays with it.
            ModelMetadata known = NetworkOutput.Complete(network, Classifier.TakesPictures(network.Graph));
            return new Network(decomposition.Graph, known with { Architecture = null, Settings = new ModelMetadata().Settings });
        }
        catch (WeightMismatchException error)
        {
            string method = decomposition.Layers[0].Method;
            throw new CommandException(
                $"{output}: what the method '{method}' makes of this network has no form under torchvision's names: {error.Message}",
                error);
        }
    }
}
