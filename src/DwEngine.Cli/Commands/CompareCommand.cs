using System.CommandLine;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Models;
using DwEngine.Runtime;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary><c>dw compare</c>: what one network loses and wins against another.</summary>
internal sealed class CompareCommand() : CliCommand(
    "compare",
    "Compare two networks on images: agreement, differences of the logits and time, and on DIR/<class>/<image> accuracy, too; "
        + "of two detectors, the objects that they find.",
    "dw compare model.safetensors small.safetensors --data data/test --limit 1000")
{
    private readonly MetadataOptions _metadata = new();

    private readonly Argument<string> _first = new("A") { Description = "Weight file." };

    private readonly Argument<string> _second = new("B") { Description = "Weight file of a network with as many outputs." };

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder of images. With one folder for each class, named by the networks' labels, "
            + "or sorted by name where they have none, accuracy is measured, too.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly SampleOptions _sample = new();
    private readonly DetectionOptions _detection = new();

    protected override void Define(Command command)
    {
        command.Add(_first);
        command.Add(_second);
        command.Add(_data);
        _sample.AddLimitTo(command);
        _sample.AddStrictTo(command);
        _detection.AddTo(command, "For detectors. ");
        _metadata.AddTo(command);
    }

    protected override IReport Execute(Invocation invocation)
    {
        ParseResult parse = invocation.Parse;
        string firstFile = parse.GetRequiredValue(_first), secondFile = parse.GetRequiredValue(_second);
        ModelMetadata given = _metadata.Read(parse);
        WeightFile a = _metadata.Open(parse, firstFile), b = _metadata.Open(parse, secondFile);
        _metadata.RequireEffect(parse, a, b);
        // Two networks that are compared see the same images, so what one file leaves open is taken from the other.
        ModelMetadata ofFirst = a.Metadata, ofSecond = b.Metadata, forFirst = Taken(a, ofSecond), forSecond = Taken(b, ofFirst);
        Network firstNetwork = a.Build(given.Or(ofFirst).Or(forFirst)), secondNetwork = b.Build(given.Or(ofSecond).Or(forSecond));
        NetworkModel first = new(firstNetwork.Graph, firstNetwork.Metadata), second = new(secondNetwork.Graph, secondNetwork.Metadata);
        if (IsDetector(first) && IsDetector(second))
        {
            return CompareDetectors(invocation, (firstFile, first, a.Remarks), (secondFile, second, b.Remarks), given);
        }

        Classifier.Require(firstFile, first.Graph);
        Classifier.Require(secondFile, second.Graph);
        if (_detection.Given(parse.CommandResult).ToArray() is { Length: > 0 } useless)
        {
            throw new CommandException($"{string.Join(", ", useless)}: expected for detectors only; {firstFile} is a classifier.");
        }

        int firstOutputs = Classifier.CountClasses(first.Graph), secondOutputs = Classifier.CountClasses(second.Graph);
        if (firstOutputs != secondOutputs)
        {
            throw new CommandException(
                $"{secondFile}: expected {Words.Count(firstOutputs, "output")}, as {firstFile} has; found {secondOutputs}.");
        }

        _metadata.RequireLabels(parse, firstFile, first.Metadata, firstOutputs);
        _metadata.RequireLabels(parse, secondFile, second.Metadata, secondOutputs);
        RequireSameOrder(firstFile, first.Metadata.Labels, secondFile, second.Metadata.Labels);
        InputSource options = InputSource.Options(given);
        InputDescription firstInput = InputDescription.Of(
            first.Metadata, options, InputSource.File(ofFirst), InputSource.OtherFile(forFirst)) with
        { Remarks = a.Remarks };
        InputDescription secondInput = InputDescription.Of(
            second.Metadata, options, InputSource.File(ofSecond), InputSource.OtherFile(forSecond)) with
        { Remarks = b.Remarks };
        var images = EvaluationImages.OpenAny(parse.GetRequiredValue(_data), first, _sample.Limit(parse));
        Agreement agreement = Comparer.Compare(first, second, images, _sample.IsStrict(parse), invocation.Context, invocation.Cancellation);
        return new Report(firstFile, secondFile, firstInput, secondInput, agreement);
    }

    private DetectionReport CompareDetectors(
        Invocation invocation,
        (string File, NetworkModel Model, IReadOnlyList<string> Remarks) a,
        (string File, NetworkModel Model, IReadOnlyList<string> Remarks) b,
        ModelMetadata given)
    {
        ParseResult parse = invocation.Parse;
        DetectorSettings settings = _detection.Read(parse, SessionOptions.Default, given, _metadata.LabelsFile(parse).Path);
        string[][] inputs = [.. new[] { a, b }.Select(network =>
        {
            using var runner = new DetectorRunner(network.File, network.Model, settings);
            return runner.Notes.Concat(network.Remarks).ToArray();
        })];
        var images = EvaluationImages.OpenUnlabelled(parse.GetRequiredValue(_data), _sample.Limit(parse));
        DetectionAgreement agreement = DetectorComparer.Compare(
            () => new DetectorRunner(a.File, a.Model, settings),
            () => new DetectorRunner(b.File, b.Model, settings),
            images,
            _sample.IsStrict(parse),
            () => Comparer.Measure(a.Model, b.Model, settings.Options.Session, invocation.Context, invocation.Cancellation),
            invocation.Context,
            invocation.Cancellation);
        return new DetectionReport(a.File, b.File, inputs[0], inputs[1], agreement);
    }

    // Pictures in, and no classes out.
    private static bool IsDetector(NetworkModel model) =>
        Classifier.ReadsColours(model.Graph) && Classifier.TryCountClasses(model.Graph) is null;

    // How pictures are prepared is a matter of the architecture: only a network of the same one, or of none that is known, takes it from
    // another.
    private static ModelMetadata Taken(WeightFile file, ModelMetadata other)
    {
        ModelMetadata taken = file.SettingNames.All(other.Settings.ContainsKey) ? other
            : new ModelMetadata { InputSize = other.InputSize, Labels = other.Labels };
        return file.TellsSize ? taken with { InputSize = null } : taken;
    }

    // Outputs are compared by their place, so that the same classes in another order would be taken for other answers.
    private static void RequireSameOrder(string firstFile, IReadOnlyList<string>? first, string secondFile, IReadOnlyList<string>? second)
    {
        if (first is null || second is null || first.SequenceEqual(second, StringComparer.Ordinal))
        {
            return;
        }

        int place = Enumerable.Range(0, first.Count).First(i => first[i] != second[i]);
        throw new CommandException(
            $"{secondFile}: output {place} is labelled '{second[place]}', but '{first[place]}' in {firstFile}; "
            + "expected the same classes in the same order. "
            + "If they are the same, --labels FILE names them for both.");
    }

    internal sealed record DetectionReport(
        string First, string Second, IReadOnlyList<string> FirstNotes, IReadOnlyList<string> SecondNotes, DetectionAgreement Agreement)
        : IReport
    {
        public IEnumerable<string> Notes => FirstNotes.SequenceEqual(SecondNotes) ? FirstNotes
            : [.. FirstNotes.Select(note => $"A: {note}"), .. SecondNotes.Select(note => $"B: {note}")];

        public IEnumerable<string> Warnings => [.. Agreement.Warnings, .. Agreement.Sample.Warnings];

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("a", First);
            json.WriteString("b", Second);
            json.WriteStrings("input_a", FirstNotes);
            json.WriteStrings("input_b", SecondNotes);
            Agreement.WriteJson(json);
            Agreement.Conditions.WriteJson(json);
        }

        public void WriteText(IAnsiConsole console)
        {
            int both = Agreement.Matched;
            var table = new TextTable("network", "file", ">objects", ">median time, 1 thread");
            table.AddRow("A", First, Format.Count(both + Agreement.FirstOnly), Format.Milliseconds(Agreement.FirstMilliseconds));
            table.AddRow("B", Second, Format.Count(both + Agreement.SecondOnly), Format.Milliseconds(Agreement.SecondMilliseconds));
            table.WriteTo(console);
            console.WriteLine($"Images: {Agreement.Sample.Text}.");
            string share = Agreement.MatchedShare is { } known ? $": {Format.Percent(known)}" : "";
            console.WriteLine(
                $"B finds {Format.Count(both)} of {Words.Count(both + Agreement.FirstOnly, "object")} of A{share}; "
                + $"the same label, and an overlap (IoU) of at least {Format.Number(DetectionAgreement.MinimumOverlap)}.");
            if (Agreement is { MeanOverlap: { } overlap, MeanScoreDifference: { } mean, LargestScoreDifference: { } largest })
            {
                console.WriteLine(
                    $"Of these: mean overlap {Format.Fixed(overlap, 3)}; scores differ by {Format.Fixed(mean, 4)} on average, "
                    + $"{Format.Fixed(largest, 4)} at most.");
            }

            console.WriteLine($"Time of A over that of B: {Format.Fixed(Agreement.FirstMilliseconds / Agreement.SecondMilliseconds, 2)}.");
        }
    }

    internal sealed record Report(
        string First, string Second, InputDescription FirstInput, InputDescription SecondInput, Agreement Agreement) : IReport
    {
        public IEnumerable<string> Notes => Agreement.Sample.Chosen.Note is { } note ? [note] : [];

        public IEnumerable<string> Warnings
        {
            get
            {
                string[] differences = [.. InputDescription.Differences(FirstInput, SecondInput)];
                string[] different = differences.Length == 0 ? []
                    : [$"the files tell of different inputs: {string.Join("; ", differences)}. Each network gets its own."];
                return [.. different, .. FirstInput.Questions.Union(SecondInput.Questions), .. Agreement.Sample.Warnings];
            }
        }

        public void WriteJson(Utf8JsonWriter json)
        {
            json.WriteString("a", First);
            json.WriteString("b", Second);
            FirstInput.WriteJson(json, "input_a");
            SecondInput.WriteJson(json, "input_b");
            Agreement.WriteJson(json);
            Agreement.Conditions.WriteJson(json);
        }

        public void WriteText(IAnsiConsole console)
        {
            var table = new TextTable("network", "file", ">top-1", ">median time, 1 thread");
            table.AddRow("A", First, Percent(Agreement.FirstTop1), Format.Milliseconds(Agreement.FirstMilliseconds));
            table.AddRow("B", Second, Percent(Agreement.SecondTop1), Format.Milliseconds(Agreement.SecondMilliseconds));
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

            console.WriteLine($"Images: {Agreement.Sample.Text}.");
            console.WriteLine(
                $"Same first answer on {Agreement.Agreeing} of {Words.Count(Agreement.Images, "image")}: "
                + $"{Format.Percent(Agreement.AgreementPercent / 100)}."
                + (Agreement.Images < CalibrationUse.Few
                    ? " So few say little of others, and less if the networks were made with them; some hundreds are usual."
                    : ""));
            console.WriteLine($"Time of A over that of B: {Format.Fixed(Agreement.FirstMilliseconds / Agreement.SecondMilliseconds, 2)}.");
            console.WriteLine($"Largest difference of a logit: "
                + $"{Agreement.LargestDifference.ToString("G4", System.Globalization.CultureInfo.InvariantCulture)}.");
            console.WriteLine($"Error of the logits of B, squared and relative to those of A: {Format.Number(Agreement.Error)}.");
        }

        private static string Percent(double? value) => value is { } known ? Format.Percent(known / 100) : "no classes";
    }
}
