using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Images;
using DwEngine.Runtime;
using DwEngine.Simd;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw eval</c>: accuracy on labelled images.</summary>
internal sealed class EvalCommand() : CliCommand(
    "eval",
    "Measure a network's accuracy on DIR/<class>/<image>; the classes sorted by name are the labels.",
    "dw eval model.safetensors data/test --limit 1000")
{
    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = new(
        "Images that are run at the same time, each on one thread. The result does not depend on it.", Environment.ProcessorCount);

    private readonly Argument<string> _folder = new("DIR") { Description = "Folder with one folder of images for each class." };

    private readonly Option<int?> _limit = new("--limit")
    {
        Description = "Evaluate at most so many images. Default: all.",
        HelpName = "N",
        CustomParser = result => OptionParsers.Integer(1, int.MaxValue)(result),
    };

    private readonly Option<int> _offset = new("--offset")
    {
        Description = "Pass over so many images first; they are sorted by class and name.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
        CustomParser = OptionParsers.Integer(0, int.MaxValue),
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_folder);
        command.Add(_limit);
        command.Add(_offset);
        _execution.AddTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        Isa isa = _execution.Isa(parse) ?? Isas.Best;
        Model model = _model.Load(parse);
        ImageFolder folder = ImageFolder.Open(parse.GetRequiredValue(_folder));
        int outputs = ModelOptions.ClassCount(model.Graph);
        if (folder.Classes.Length != outputs)
        {
            throw new CommandException(
                $"{folder.Directory}: expected {outputs} class folders, one for each output; found {folder.Classes.Length}.");
        }

        int offset = parse.GetValue(_offset);
        if (offset >= folder.Images.Length)
        {
            throw new CommandException(
                $"{folder.Directory}: expected --offset below the number of images, {folder.Images.Length}; found {offset}.");
        }

        LabelledImage[] images = [.. folder.Images.Skip(offset).Take(parse.GetValue(_limit) ?? int.MaxValue)];
        int parallelism = Math.Min(_execution.Threads(parse), images.Length);
        var options = new SessionOptions { Isa = isa };
        using var progress = new DelayedProgress(invocation.Context, "evaluating", images.Length);
        long start = Stopwatch.GetTimestamp();
        Accuracy accuracy = Evaluator.Evaluate(model, options, images, parallelism, progress, invocation.Cancellation);
        return new Report(_model.Path(parse), accuracy, Stopwatch.GetElapsedTime(start), isa, parallelism);
    }

    private sealed record Report(string Model, Accuracy Accuracy, TimeSpan Time, Isa Isa, int Threads) : IReport
    {
        private double ImagesPerSecond => Accuracy.Images / Time.TotalSeconds;

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("model", Model);
            json.WriteNumber("images", Accuracy.Images);
            json.WriteRounded("top1", Accuracy.Top1, 4);
            json.WriteRounded("top5", Accuracy.Top5, 4);
            json.WriteRounded("images_per_second", ImagesPerSecond, 2);
            json.WriteRounded("seconds", Time.TotalSeconds, 3);
            json.WriteString("isa", Format.Name(Isa));
            json.WriteNumber("threads", Threads);
        }

        public void WriteText(IAnsiConsole console)
        {
            var table = new TextTable("measure", ">value");
            table.AddRow("images", Format.Count(Accuracy.Images));
            table.AddRow("top-1", Format.Percent(Accuracy.Top1 / 100));
            table.AddRow("top-5", Format.Percent(Accuracy.Top5 / 100));
            table.AddRow("images per second", Format.Fixed(ImagesPerSecond, 1));
            table.WriteTo(console);
        }
    }
}
