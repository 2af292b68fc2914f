using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw eval</c>: accuracy on labelled images.</summary>
internal sealed class EvalCommand() : CliCommand(
    "eval",
    "Measure a network's accuracy on DIR/<class>/<image>; classes are matched with the network's labels by name, "
        + "or, where it has none, sorted by name with its outputs.",
    "dw eval model.safetensors data/test --limit 1000")
{
    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = new(
        "Images that are run at the same time, each on one thread. The result does not depend on it.", Environment.ProcessorCount);

    private readonly Argument<string> _folder = new("DIR") { Description = "Folder with one folder of images for each class." };

    private readonly SampleOptions _sample = new();

    private readonly Option<int> _offset = new("--offset")
    {
        Description = "Pass over so many images first, in the order in which --limit chooses: "
            + "--limit 100 --offset 100 are the next 100, as evenly spread.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
        CustomParser = OptionParsers.Integer(0, int.MaxValue),
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_folder);
        _sample.AddLimitTo(command);
        command.Add(_offset);
        _sample.AddStrictTo(command);
        _execution.AddTo(command);
        _model.AddWeightsTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        Isa isa = _execution.Isa(parse) ?? Isas.Best;
        (NetworkModel model, InputDescription input) = _model.Load(parse);
        Classifier.Require(_model.Path(parse), model.Graph);
        var images = EvaluationImages.Open(parse.GetRequiredValue(_folder), model, _sample.Limit(parse), parse.GetValue(_offset));
        int parallelism = Math.Min(_execution.Threads(parse), images.Images.Count);
        var options = new SessionOptions { Isa = isa };
        using var progress = new DelayedProgress(invocation.Context, "evaluating", images.Images.Count);
        long start = Stopwatch.GetTimestamp();
        Accuracy accuracy = Evaluator.Evaluate(
            model, options, images, _sample.IsStrict(parse), parallelism, progress, invocation.Cancellation);
        return new Report(_model.Path(parse), input, accuracy, Stopwatch.GetElapsedTime(start), isa, parallelism);
    }

    private sealed record Report(string Model, InputDescription Input, Accuracy Accuracy, TimeSpan Time, Isa Isa, int Threads) : IReport
    {
        public IEnumerable<string> Notes => Accuracy.Sample.Chosen.Note is { } note ? [note] : [];

        public IEnumerable<string> Warnings => Accuracy.Sample.Warnings;

        private double ImagesPerSecond => Accuracy.Sample.Images / Time.TotalSeconds;

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("model", Model);
            Accuracy.Sample.WriteJson(json);
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
            table.AddRow("images", Accuracy.Sample.Text);
            table.AddRow("top-1", Format.Percent(Accuracy.Top1 / 100));
            table.AddRow("top-5", Format.Percent(Accuracy.Top5 / 100));
            table.AddRow("images per second", Format.Fixed(ImagesPerSecond, 1));
            table.WriteTo(console);
        }
    }
}
