using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Vision;
using DwEngine.Vision.Detection;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>What a detector found on each image.</summary>
internal sealed class DetectReport : IReport
{
    private readonly List<Answer> _answers = [];
    private readonly IEnumerable<string> _notes;
    private readonly List<string> _warnings;

    private DetectReport(IEnumerable<string> notes, IReadOnlyList<string> remarks) => (_notes, _warnings) = (notes, [.. remarks]);

    /// <inheritdoc/>
    public IReadOnlyList<Exception> Errors => [.. _answers.Select(answer => answer.Error).OfType<Exception>()];

    /// <inheritdoc/>
    public IEnumerable<string> Notes => HasAnswers ? _notes : [];

    /// <inheritdoc/>
    public IEnumerable<string> Warnings => _warnings;

    /// <inheritdoc/>
    public bool IsList => true;

    private bool HasAnswers => _answers.Any(answer => answer.Error is null);

    /// <summary>Runs the images.</summary>
    /// <param name="runner">The detector.</param>
    /// <param name="images">The files.</param>
    /// <param name="copies">Where the copy of each goes, or null for none.</param>
    /// <param name="remarks">How the weight file was read.</param>
    /// <param name="progress">Counts the images, or null.</param>
    /// <param name="cancellation">Stops between images.</param>
    public static DetectReport Of(
        DetectorRunner runner, IReadOnlyList<string> images, IReadOnlyList<string>? copies, IReadOnlyList<string> remarks,
        DelayedProgress? progress, CancellationToken cancellation)
    {
        var report = new DetectReport([.. runner.Notes], remarks);
        for (int i = 0; i < images.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            report._answers.Add(Run(runner, images[i], copies?[i]));
            progress?.Increment();
        }

        if (InvertedBoxes.WarningOf([.. report._answers.SelectMany(answer => answer.Objects)]) is { } warning)
        {
            report._warnings.Add(warning);
        }

        if (copies is not null && report._answers.Any(answer => answer.Objects.Count > 0) && !BoxDrawing.HasFont)
        {
            report._warnings.Add("this machine has no font: boxes are drawn without their labels.");
        }

        return report;
    }

    /// <inheritdoc/>
    public void WriteJson(Utf8JsonWriter json)
    {
        foreach (Answer answer in _answers)
        {
            json.WriteStartObject();
            json.WriteString("image", answer.Image);
            if (answer.Error is { } error)
            {
                json.WriteString("error", error.Message);
            }
            else
            {
                WriteDetections(json, answer.Objects);
            }

            json.WriteEndObject();
        }
    }

    /// <inheritdoc/>
    public void WriteText(IAnsiConsole console)
    {
        if (!HasAnswers)
        {
            return;
        }

        var table = new TextTable("image", "label", ">score", ">x1", ">y1", ">x2", ">y2");
        foreach (Answer answer in _answers.Where(answer => answer.Error is null))
        {
            string image = answer.Image;
            if (answer.Objects.Count == 0)
            {
                table.AddRow(image, "nothing", "", "", "", "", "");
            }

            foreach (DetectedObject found in answer.Objects)
            {
                BoundingBox box = found.Box;
                table.AddRow(
                    image, found.Label, Format.Fixed(found.Score, 3),
                    Pixels(box.X1), Pixels(box.Y1), Pixels(box.X2), Pixels(box.Y2));
                // Named once, in its first row.
                image = "";
            }
        }

        table.WriteTo(console);
    }

    private static Answer Run(DetectorRunner runner, string image, string? copy)
    {
        try
        {
            (RgbImage picture, IReadOnlyList<DetectedObject> objects) = runner.Run(image);
            if (copy is not null)
            {
                BoxDrawing.Write(copy, picture, objects);
            }

            return new Answer(image, objects, null);
        }
        catch (Exception error) when (error is DwEngineException or IOException or UnauthorizedAccessException)
        {
            return new Answer(image, [], error);
        }
    }

    private static void WriteDetections(Utf8JsonWriter json, IReadOnlyList<DetectedObject> objects)
    {
        json.WriteStartArray("detections");
        foreach (DetectedObject found in objects)
        {
            json.WriteStartObject();
            json.WriteString("label", found.Label);
            json.WriteRounded("score", found.Score, 4);
            json.WriteStartArray("box");
            foreach (float edge in (ReadOnlySpan<float>)[found.Box.X1, found.Box.Y1, found.Box.X2, found.Box.Y2])
            {
                json.WriteNumberValue(Math.Round((double)edge, 1));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Pixels(float value) => Format.Fixed(value, 1);

    private sealed record Answer(string Image, IReadOnlyList<DetectedObject> Objects, Exception? Error);
}
