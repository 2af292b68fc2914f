using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Vision;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>
/// <c>dw run</c>: what is on an image. An image that cannot be read is reported and fails the command in the end; the others are still run.
/// </summary>
internal sealed class RunCommand() : CliCommand(
    "run",
    "Classify images: the most probable classes of each. An unreadable image does not stop the others.",
    "dw run model.safetensors cat.png dog.jpg --top 3")
{
    private readonly ModelOptions _model = new();
    private readonly ExecutionOptions _execution = ExecutionOptions.ForOneRun();

    private readonly Argument<string[]> _images = new("IMAGE")
    {
        Description = "JPEG or PNG files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int> _top = new("--top")
    {
        Description = "Classes to show for each image.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
        CustomParser = OptionParsers.Integer(1, int.MaxValue),
    };

    protected override void Define(Command command)
    {
        _model.AddArgumentTo(command);
        command.Add(_images);
        command.Add(_top);
        _execution.AddTo(command);
        _model.AddWeightsTo(command);
        _model.AddOptionsTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        (NetworkModel model, InputDescription input) = _model.Load(parse);
        Classifier.Require(_model.Path(parse), model.Graph);
        using var runner = new ImageRunner(model, _execution.ForSession(parse, null), Preprocessing.For(model.Metadata));
        bool isImageNet = model.Metadata.Labels is null && Classifier.CountClasses(model.Graph) == ImageNetClasses.Count;
        IReadOnlyList<string>? labels = isImageNet ? ImageNetClasses.Names : model.Metadata.Labels;
        string[] images = parse.GetRequiredValue(_images);
        var answers = new List<Answer>(images.Length);
        using var progress = new DelayedProgress(invocation.Context, "classifying", images.Length);
        foreach (string image in images)
        {
            invocation.Cancellation.ThrowIfCancellationRequested();
            answers.Add(Run(runner, image, labels, parse.GetValue(_top)));
            progress.Increment();
        }

        return new Report(input, isImageNet, answers);
    }

    private static Answer Run(ImageRunner runner, string image, IReadOnlyList<string>? labels, int top)
    {
        try
        {
            return new Answer(image, Ranking.Top(runner.Run(image), labels, top), null);
        }
        catch (Exception error) when (error is DwEngineException or IOException or UnauthorizedAccessException)
        {
            return new Answer(image, [], error);
        }
    }

    private sealed record Answer(string Image, IReadOnlyList<Prediction> Predictions, Exception? Error);

    private sealed record Report(InputDescription Description, bool AssumesImageNet, IReadOnlyList<Answer> Answers) : IReport
    {
        // Where nothing was run, the errors say all.
        public InputDescription? Input => HasAnswers ? Description : null;

        public IEnumerable<string> Notes => AssumesImageNet && HasAnswers
            ? [$"class names: ImageNet's, assumed, since the network has {ImageNetClasses.Count} outputs "
                + "and neither options nor metadata tell labels."]
            : [];

        private bool HasAnswers => Answers.Any(answer => answer.Error is null);

        public IReadOnlyList<Exception> Errors => [.. Answers.Select(answer => answer.Error).OfType<Exception>()];

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteBoolean("imagenet_labels_assumed", AssumesImageNet);
            json.WriteStartArray("images");
            foreach (Answer answer in Answers)
            {
                json.WriteStartObject();
                json.WriteString("image", answer.Image);
                if (answer.Error is null)
                {
                    Prediction.WriteJson(json, "predictions", answer.Predictions);
                }
                else
                {
                    json.WriteString("error", answer.Error.Message);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        public void WriteText(IAnsiConsole console)
        {
            if (!HasAnswers)
            {
                return;
            }

            var table = new TextTable("image", "class", ">probability");
            foreach (Answer answer in Answers)
            {
                string image = answer.Image;
                foreach (Prediction prediction in answer.Predictions)
                {
                    table.AddRow(image, prediction.Name, Format.Percent(prediction.Probability));
                    // Named once, in its first row.
                    image = "";
                }
            }

            table.WriteTo(console);
        }
    }
}
