using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Images;
using DwEngine.Models;
using DwEngine.Runtime;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw compare</c>: what one network loses and wins against another.</summary>
internal sealed class CompareCommand() : CliCommand(
    "compare",
    "Compare two networks on DIR/<class>/<image>: agreement, accuracy, time and the largest difference of a logit.",
    "dw compare model.safetensors small.safetensors --data data/test --limit 1000")
{
    private readonly MetadataOptions _metadata = new();

    private readonly Argument<string> _first = new("A") { Description = "Weight file." };

    private readonly Argument<string> _second = new("B") { Description = "Weight file of a network with as many outputs." };

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder with one folder of images for each class; the classes sorted by name are the labels.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<int?> _limit = new("--limit")
    {
        Description = "Compare on at most so many images, spread evenly over all classes. Default: all.",
        HelpName = "N",
        CustomParser = result => OptionParsers.Integer(1, int.MaxValue)(result),
    };

    protected override void Define(Command command)
    {
        command.Add(_first);
        command.Add(_second);
        command.Add(_data);
        command.Add(_limit);
        _metadata.AddTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string firstFile = parse.GetRequiredValue(_first), secondFile = parse.GetRequiredValue(_second);
        ModelMetadata given = _metadata.Read(parse);
        WeightFile a = WeightFile.Load(firstFile), b = WeightFile.Load(secondFile);
        // Two networks that are compared see the same images, so what one file leaves open is taken from the other.
        ModelMetadata toldOfFirst = given.Or(a.Checkpoint.Metadata).Or(b.Checkpoint.Metadata);
        ModelMetadata toldOfSecond = given.Or(b.Checkpoint.Metadata).Or(a.Checkpoint.Metadata);
        Network firstNetwork = a.Build(toldOfFirst), secondNetwork = b.Build(toldOfSecond);
        Model first = new(firstNetwork.Graph, firstNetwork.Metadata), second = new(secondNetwork.Graph, secondNetwork.Metadata);
        int firstOutputs = ModelOptions.ClassCount(first.Graph), secondOutputs = ModelOptions.ClassCount(second.Graph);
        if (firstOutputs != secondOutputs)
        {
            throw new CommandException($"{secondFile}: expected {firstOutputs} outputs, as {firstFile} has; found {secondOutputs}.");
        }

        InputDescription firstInput = InputDescription.Of(firstNetwork, toldOfFirst), secondInput = InputDescription.Of(secondNetwork, toldOfSecond);
        LabelledImage[] images = LabelledFolder.List(parse.GetRequiredValue(_data), first.Graph, 0, int.MaxValue);
        int count = Math.Min(parse.GetValue(_limit) ?? int.MaxValue, images.Length);
        images = [.. Enumerable.Range(0, count).Select(i => images[(int)((long)i * images.Length / count)])];
        string[] differences = [.. InputDescription.Differences(firstInput, secondInput)];
        if (differences.Length > 0)
        {
            ErrorLine.Write($"warning: the files tell of different inputs: {string.Join("; ", differences)}. Each network gets its own.", invocation.Context);
        }

        Agreement agreement = Comparer.Compare(
            first, second, images, Math.Min(Environment.ProcessorCount, images.Length), invocation.Context, invocation.Cancellation);
        return new Report(firstFile, secondFile, firstInput, secondInput, agreement);
    }

    private sealed record Report(string First, string Second, InputDescription FirstInput, InputDescription SecondInput, Agreement Agreement) : IReport
    {
        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("a", First);
            json.WriteString("b", Second);
            FirstInput.WriteJson(json, "input_a");
            SecondInput.WriteJson(json, "input_b");
            Agreement.WriteJson(json);
        }

        public void WriteText(IAnsiConsole console)
        {
            var table = new TextTable("network", "file", ">top-1", ">median time, 1 thread");
            table.AddRow("A", First, Format.Percent(Agreement.FirstTop1 / 100), Format.Milliseconds(Agreement.FirstMilliseconds));
            table.AddRow("B", Second, Format.Percent(Agreement.SecondTop1 / 100), Format.Milliseconds(Agreement.SecondMilliseconds));
            table.WriteTo(console);
            if (FirstInput.Text == SecondInput.Text)
            {
                console.WriteLine($"Input: {FirstInput.Text}");
            }
            else
            {
                console.WriteLine($"Input of A: {FirstInput.Text}");
                console.WriteLine($"Input of B: {SecondInput.Text}");
            }

            console.WriteLine($"Same first answer on {Agreement.Agreeing} of {Agreement.Images} images: {Format.Percent(Agreement.AgreementPercent / 100)}.");
            console.WriteLine($"Time of A over that of B: {Format.Fixed(Agreement.FirstMilliseconds / Agreement.SecondMilliseconds, 2)}.");
            console.WriteLine($"Largest difference of a logit: {Agreement.LargestDifference.ToString("G4", System.Globalization.CultureInfo.InvariantCulture)}.");
        }
    }
}
