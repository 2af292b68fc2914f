using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Evaluation;

/// <summary>How the objects that two detectors find compare, and their time.</summary>
internal sealed record DetectionAgreement
{
    /// <summary>Boxes of one object overlap at least this much in both.</summary>
    public const float MinimumOverlap = 0.5f;

    /// <summary>The images, at least one.</summary>
    public required Sample Sample { get; init; }

    /// <summary>Objects that both found.</summary>
    public required int Matched { get; init; }

    /// <summary>Objects that the first alone found.</summary>
    public required int FirstOnly { get; init; }

    /// <summary>Objects that the second alone found.</summary>
    public required int SecondOnly { get; init; }

    /// <summary>The mean overlap of the boxes of matched objects; null where none match.</summary>
    public required double? MeanOverlap { get; init; }

    /// <summary>The mean of how far the scores of matched objects lie apart; null where none match.</summary>
    public required double? MeanScoreDifference { get; init; }

    /// <summary>The largest of these; null where none match.</summary>
    public required double? LargestScoreDifference { get; init; }

    /// <summary>The median time of a run of the first network, on one thread.</summary>
    public required double FirstMilliseconds { get; init; }

    /// <summary>The median time of a run of the second network, on one thread.</summary>
    public required double SecondMilliseconds { get; init; }

    /// <summary>How these times were measured.</summary>
    public required MeasuringConditions Conditions { get; init; }

    /// <summary>What the user should know of the boxes.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Of what the first found, what the second found, too; null where the first found nothing.</summary>
    public double? MatchedShare => Matched + FirstOnly == 0 ? null : (double)Matched / (Matched + FirstOnly);

    /// <summary>Writes the members of a JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        Sample.WriteJson(json);
        json.WriteNumber("objects_a", Matched + FirstOnly);
        json.WriteNumber("objects_b", Matched + SecondOnly);
        json.WriteNumber("matched", Matched);
        json.WriteOptional("matched_share", MatchedShare, 4);
        json.WriteOptional("mean_iou", MeanOverlap, 4);
        json.WriteOptional("mean_score_difference", MeanScoreDifference, 6);
        json.WriteOptional("max_score_difference", LargestScoreDifference, 6);
        json.WriteRounded("ms_a", FirstMilliseconds, 6);
        json.WriteRounded("ms_b", SecondMilliseconds, 6);
        json.WriteRounded("speedup", FirstMilliseconds / SecondMilliseconds, 4);
    }
}

/// <summary>Runs two detectors over the same images and measures the time of both in turns.</summary>
internal static class DetectorComparer
{
    /// <summary>Compares two detectors.</summary>
    /// <param name="first">Makes the first, for a thread.</param>
    /// <param name="second">Makes the second.</param>
    /// <param name="images">The images.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else it is skipped.</param>
    /// <param name="measure">Measures both in turns.</param>
    /// <param name="context">Where progress is shown.</param>
    /// <param name="cancellation">Stops it between two images.</param>
    /// <exception cref="DwEngineException">An image cannot be read, or, if not strict, most cannot.</exception>
    /// <exception cref="CommandException">A network answers nonsense.</exception>
    public static DetectionAgreement Compare(
        Func<DetectorRunner> first,
        Func<DetectorRunner> second,
        EvaluationImages images,
        bool isStrict,
        Func<(double First, double Second, MeasuringConditions Conditions)> measure,
        CommandContext context,
        CancellationToken cancellation)
    {
        ImageSweep<DetectionMatch> sweep;
        using (var progress = new DelayedProgress(context, "comparing", images.Images.Count))
        {
            sweep = ImageSweep.Run(
                images,
                isStrict,
                Math.Min(Environment.ProcessorCount, images.Images.Count),
                () => new Runners(first(), second()),
                (runners, image) => runners.Match(image.Path),
                progress,
                cancellation);
        }

        (double firstTime, double secondTime, MeasuringConditions conditions) = measure();
        DetectionMatch[] matches = [.. sweep.Answers.Select(answer => answer.Answer)];
        (DetectedObject Expected, DetectedObject Found)[] pairs = [.. matches.SelectMany(match => match.Pairs)];
        double[] differences = [.. pairs.Select(pair => (double)Math.Abs(pair.Expected.Score - pair.Found.Score))];
        return new DetectionAgreement
        {
            Sample = sweep.Sample,
            Matched = pairs.Length,
            FirstOnly = matches.Sum(match => match.Missed.Length),
            SecondOnly = matches.Sum(match => match.Extra.Length),
            MeanOverlap = pairs.Length == 0 ? null : pairs.Average(pair => (double)pair.Expected.Box.Overlap(pair.Found.Box)),
            MeanScoreDifference = pairs.Length == 0 ? null : differences.Average(),
            LargestScoreDifference = pairs.Length == 0 ? null : differences.Max(),
            FirstMilliseconds = firstTime,
            SecondMilliseconds = secondTime,
            Conditions = conditions,
            Warnings =
            [
                .. WarningOf("A", [.. pairs.Select(pair => pair.Expected), .. matches.SelectMany(match => match.Missed)]),
                .. WarningOf("B", [.. pairs.Select(pair => pair.Found), .. matches.SelectMany(match => match.Extra)]),
            ],
        };
    }

    private static IEnumerable<string> WarningOf(string network, DetectedObject[] objects) =>
        InvertedBoxes.WarningOf(objects) is { } warning
            ? [$"{network}: {warning} Such boxes overlap none, not even themselves, so how many are found again says nothing."]
            : [];

    private sealed record Runners(DetectorRunner First, DetectorRunner Second) : IDisposable
    {
        public DetectionMatch Match(string path) =>
            DetectionMatch.Of(First.Run(path).Objects, Second.Run(path).Objects, DetectionAgreement.MinimumOverlap);

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }
}
