using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Vision;
using Spectre.Console;

namespace DwEngine.Cli.Reports;

/// <summary>One of the networks to choose from, measured.</summary>
/// <param name="Point">The network.</param>
/// <param name="Milliseconds">The median time of a run on one thread.</param>
/// <param name="Top1">In percent; null if there were no labelled images.</param>
internal sealed record FrontierEntry(FrontierPoint Point, double Milliseconds, double? Top1)
{
    private const double TimeNoise = 0.03;

    /// <summary>By what factor it has fewer multiply-adds than the original.</summary>
    public double SpeedupInMultiplyAdds =>
        (double)Point.Decomposition.MultiplyAddsBefore / Point.Decomposition.MultiplyAddsAfter;

    /// <summary>Whether it is nearer to the original and faster, by more than the times of equal networks mostly differ.</summary>
    public bool Beats(FrontierEntry other) =>
        Point.AnswerError < other.Point.AnswerError && Milliseconds < other.Milliseconds * (1 - TimeNoise);

    /// <summary>How many layers have which rank, and the method where several compete.</summary>
    public string Layers(string mainMethod) => string.Join(", ", Point.Choices.Values
        .GroupBy(choice => (choice.Rank, Method: choice.Method == mainMethod ? null : choice.Method))
        .OrderBy(group => group.Key.Rank).ThenBy(group => group.Key.Method, StringComparer.Ordinal)
        .Select(group => group.Key.Rank == 0 ? $"{group.Count()} left"
            : $"{group.Count()} of rank {group.Key.Rank}{(group.Key.Method is { } other ? $" ({other})" : "")}"));
}

/// <summary>The outcome of <c>dw decompose --frontier</c>.</summary>
internal sealed record FrontierReport : IReport
{
    /// <summary>The file that was decomposed.</summary>
    public required string Model { get; init; }

    /// <summary>Whether cheap means fast; if not, few multiply-adds.</summary>
    public required bool ByTime { get; init; }

    /// <summary>See <see cref="NetworkFrontier.HasFewPositions"/>.</summary>
    public required bool HasFewPositions { get; init; }

    /// <summary>The networks to choose from, from cheap to dear.</summary>
    public required ImmutableArray<FrontierEntry> Points { get; init; }

    /// <summary>Networks to compare with.</summary>
    public required ImmutableArray<FrontierEntry> Others { get; init; }

    /// <summary>The median time of a run of the original, on one thread.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>The original's top-1, in percent; null if there were no labelled images.</summary>
    public required double? Top1 { get; init; }

    /// <summary>The labelled images; null for none.</summary>
    public required Sample? Sample { get; init; }

    /// <summary>What the networks get.</summary>
    public required InputDescription Description { get; init; }

    /// <summary>What was made of calibration data.</summary>
    public required CalibrationUse Use { get; init; }

    /// <summary>The calibration images.</summary>
    public required CalibrationFolder Calibration { get; init; }

    /// <summary>How to do it again.</summary>
    public required DecomposeSettings Settings { get; init; }

    /// <summary>How all times were measured.</summary>
    public required MeasuringConditions Conditions { get; init; }

    /// <summary>The file that was written; null for none.</summary>
    public string? Output { get; init; }

    /// <summary>The number of the network in it, from 1 on; null for none.</summary>
    public int? Written { get; init; }

    public IEnumerable<string> Notes => Sample?.Chosen.Note is { } note ? [note] : [];

    /// <summary>That errors are too low, if they are; else null.</summary>
    public string? FewPositionsNote => HasFewPositions
        ? "The images hardly determine the largest layers, so each network's error is lower on them than on others. Give more images."
        : null;

    public IEnumerable<string> Warnings =>
        [.. Description.Questions, .. CalibrationUse.Warnings(Calibration), .. Sample?.Warnings ?? []];

    /// <summary>The methods by which layers were decomposed: several where the answer chose between them.</summary>
    public static string NameMethods(NetworkFrontier frontier, CalibrationUse use) =>
        string.Join(" and ", MethodsOf(frontier.Points, use));

    private static IEnumerable<string> MethodsOf(IEnumerable<FrontierPoint> points, CalibrationUse use) =>
        points.SelectMany(point => point.Choices.Values).Where(choice => choice.Rank > 0).Select(choice => choice.Method!)
            .Distinct().OrderBy(method => method != use.Method);

    /// <summary>What the columns mean.</summary>
    public string Explanation =>
        "Error: the squared error of the outputs on the calibration images, relative to their variance. MACs: multiply-adds of one image. "
        + $"Time: median of a run on one thread, in turns with the original. Of the numbered networks none is both {Cheaper} and nearer to "
        + "the original than another; those below may be among them.";

    private string Cheaper => ByTime ? "faster" : "cheaper in multiply-adds";

    /// <summary>Which numbered networks are slower than one that is nearer to the original; null for none.</summary>
    public string? TimeNote
    {
        get
        {
            FrontierEntry[] all = [.. Points, .. Others];
            string[] beaten =
            [
                .. Points.Select((entry, i) => (Number: i + 1, By: Array.Find(all, other => other.Beats(entry))))
                    .Where(pair => pair.By is not null).Select(pair => $"network {pair.Number} by {Describe(pair.By!)}"),
            ];
            return beaten.Length == 0 ? null
                : "Multiply-adds decide which networks are numbered. In time, some are beaten by one that is nearer to the original, too: "
                    + $"{string.Join(", ", beaten)}. --by time numbers those that none beats in time.";

            string Describe(FrontierEntry other) => Points.IndexOf(other) is >= 0 and var number
                ? $"network {number + 1}"
                : $"'{NameOf(other)}' of {Format.Millions(other.Point.Decomposition.MultiplyAddsAfter)}";
        }
    }

    /// <summary>What a reader of the table must know besides.</summary>
    public IEnumerable<string> Remarks => new[] { TimeNote, FewPositionsNote }.OfType<string>();

    /// <summary>What was written, or how to.</summary>
    public string Summary => Written is { } point
        ? $"{Output}: network {point}."
        : "No file was written: --point K -o FILE writes a network, as --max-logit-error, --max-drop and --target-speedup do.";

    /// <summary>The headings of the table.</summary>
    public ImmutableArray<string> Columns =>
        ["network", "layers", ">MACs", ">ratio", ">time", ">ratio", ">error", .. Top1 is null ? Array.Empty<string>() : [">top-1"]];

    /// <summary>The name of a network that is no numbered one.</summary>
    public static string NameOf(FrontierEntry other) => other.Point.Kind == FrontierKind.SingularValues
        ? "by singular values"
        : $"rank {other.Point.Choices.Values.First().Rank} in all layers";

    /// <summary>The rows of the table: the original, the networks to choose from, the others.</summary>
    public IEnumerable<string[]> Cells() =>
    [
        [
            "original", "", Format.Millions(Points[0].Point.Decomposition.MultiplyAddsBefore), "1.00", Format.Milliseconds(Milliseconds),
            "1.00", "0", .. Top1 is { } top1 ? [Format.Percent(top1 / 100)] : Array.Empty<string>(),
        ],
        .. Points.Select((entry, i) => Row((i + 1).ToString(CultureInfo.InvariantCulture), entry)),
        .. Others.Select(entry => Row(NameOf(entry), entry)),
    ];

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        json.WriteString("output", Output);
        json.WritePropertyName("point");
        if (Written is { } written)
        {
            json.WriteNumberValue(written);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteString("cost", ByTime ? "time" : "multiply-adds");
        json.WriteString("method", Use.Method);
        json.WriteStrings("methods", MethodsOf(Points.Select(entry => entry.Point), Use));
        json.WriteNumber("images", Use.Images);
        json.WriteBoolean("few_positions", HasFewPositions);
        Description.WriteJson(json, "input");
        Evaluation.Sample.WriteSkipped(json, Calibration.Unreadable);
        json.WriteStartObject("original");
        json.WriteNumber("macs", Points[0].Point.Decomposition.MultiplyAddsBefore);
        json.WriteNumber("parameters", Points[0].Point.Decomposition.ParametersBefore);
        json.WriteRounded("ms", Milliseconds, 6);
        json.WriteOptional("top1", Top1, 4);
        json.WriteEndObject();
        WriteEntries(json, "points", Points);
        WriteEntries(json, "others", Others);
        if (Sample is not null)
        {
            json.WriteStartObject("data");
            Sample.WriteJson(json);
            json.WriteEndObject();
        }

        Settings.WriteJson(json);
        Conditions.WriteJson(json);
    }

    public void WriteText(IAnsiConsole console)
    {
        var table = new TextTable([.. Columns]) { Droppable = [1..2] };
        foreach (string[] row in Cells())
        {
            table.AddRow(row);
        }

        table.WriteTo(console);
        console.WriteLine(Explanation);
        foreach (string remark in Remarks)
        {
            console.WriteLine(remark);
        }

        console.WriteLine($"Calibration images: {CalibrationUse.Describe(Calibration)}.");
        console.WriteLine($"Input: {Description.Text}");
        if (Sample is not null)
        {
            console.WriteLine($"Images of top-1: {Sample.Text}.");
        }

        // Not broken where it is long, so that it can be copied.
        console.Profile.Out.Writer.WriteLine($"Command: {Settings.Command}");
        console.WriteLine($"Settings: {string.Join("; ", Settings.Rows().Select(row => $"{row[0]} {row[1]}"))}.");
        console.WriteLine(Summary);
    }

    private string[] Row(string name, FrontierEntry entry) =>
    [
        name,
        entry.Layers(Use.Method),
        Format.Millions(entry.Point.Decomposition.MultiplyAddsAfter),
        Format.Fixed(entry.SpeedupInMultiplyAdds, 2),
        Format.Milliseconds(entry.Milliseconds),
        Format.Fixed(Milliseconds / entry.Milliseconds, 2),
        Format.Small(entry.Point.AnswerError),
        .. entry.Top1 is { } top1 ? [Format.Percent(top1 / 100)] : Array.Empty<string>(),
    ];

    private void WriteEntries(Utf8JsonWriter json, string name, IEnumerable<FrontierEntry> entries)
    {
        json.WriteStartArray(name);
        foreach (FrontierEntry entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("ranks_by", entry.Point.Kind switch
            {
                FrontierKind.Answer => "answer",
                FrontierKind.SingularValues => "singular-values",
                _ => "one-rank",
            });
            json.WriteBoolean("beaten_in_time", Points.Concat(Others).Any(other => other.Beats(entry)));
            json.WriteNumber("macs", entry.Point.Decomposition.MultiplyAddsAfter);
            json.WriteNumber("parameters", entry.Point.Decomposition.ParametersAfter);
            json.WriteRounded("ms", entry.Milliseconds, 6);
            json.WriteRounded("speedup", Milliseconds / entry.Milliseconds, 4);
            json.WriteRounded("error", entry.Point.AnswerError, 9);
            json.WriteOptional("top1", entry.Top1, 4);
            json.WriteStartObject("ranks");
            foreach ((string layer, LayerChoice choice) in entry.Point.Choices)
            {
                json.WriteNumber(layer, choice.Rank);
            }

            json.WriteEndObject();
            json.WriteStartObject("methods");
            foreach ((string layer, LayerChoice choice) in entry.Point.Choices.Where(choice => choice.Value.Rank > 0))
            {
                json.WriteString(layer, choice.Method);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
