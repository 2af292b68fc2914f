using System.Collections.Immutable;
using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Models;
using DwEngine.Vision;
using Spectre.Console;

namespace DwEngine.Cli.Reports;

/// <summary>The outcome of <c>dw decompose</c>.</summary>
internal sealed record DecomposeReport : IReport
{
    /// <summary>The file that was decomposed.</summary>
    public required string Model { get; init; }

    /// <summary>The file that was written.</summary>
    public required string Output { get; init; }

    /// <summary>What is known of the result.</summary>
    public required ModelMetadata Metadata { get; init; }

    /// <summary>What became of each layer.</summary>
    public required NetworkDecomposition Decomposition { get; init; }

    /// <summary>What the network gets, for which costs and times are.</summary>
    public required InputDescription Input { get; init; }

    /// <summary>What was made of calibration data.</summary>
    public required CalibrationUse Use { get; init; }

    /// <summary>The calibration images; null for none.</summary>
    public CalibrationFolder? Calibration { get; init; }

    /// <summary>How to do it again.</summary>
    public required DecomposeSettings Settings { get; init; }

    /// <summary>The median time of a run before, on one thread.</summary>
    public required double MillisecondsBefore { get; init; }

    /// <summary>The median time of a run after, on one thread.</summary>
    public required double MillisecondsAfter { get; init; }

    /// <summary>How all times were measured.</summary>
    public required MeasuringConditions Conditions { get; init; }

    /// <summary>Both networks on labelled images; null if there were none.</summary>
    public Agreement? Comparison { get; init; }

    /// <summary>The method by which the layers were decomposed.</summary>
    public string Method => Use.Method;

    /// <summary>The methods by which layers were decomposed: several where the answer chose between them.</summary>
    public IReadOnlyList<string> Methods => MethodsOf(Decomposition, Use);

    /// <summary>The same in words.</summary>
    public static string NameMethods(NetworkDecomposition decomposition, CalibrationUse use) =>
        string.Join(" and ", MethodsOf(decomposition, use));

    private static string[] MethodsOf(NetworkDecomposition decomposition, CalibrationUse use) =>
    [
        .. decomposition.Layers.Where(layer => layer.Decision == LayerDecision.Decomposed).Select(layer => layer.Method)
            .DefaultIfEmpty(use.Method).Distinct().OrderBy(method => method != use.Method),
    ];

    /// <summary>Calibration images; 0 for none.</summary>
    public long Images => Use.Images;

    /// <summary>How many layers were decomposed.</summary>
    public int Decomposed => Decomposition.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed);

    /// <summary>What the columns of a table of layers mean.</summary>
    public IEnumerable<string> Explanation =>
    [
        "Decomposed: a pair stands for the convolution and the 1x1 convolution that follows it, if one does, which the shape takes in. "
            + "Left: as it was, and why. MACs: multiply-adds of one image.",
        "Energy: the share that the pair keeps of what the method approximates. Error: relative and squared, of the weights; on data: of "
            + "the responses",
        Images > 0 ? $"on the calibration data ({Format.Count(Images)} images)." : "on calibration data, of which there were none.",
    ];

    /// <summary>What became of the network as a whole.</summary>
    public string Summary
    {
        get
        {
            int sites = Decomposition.Layers.Length;
            string none = sites == 0 ? "the network has no regular convolution" : $"all {sites} regular convolutions were left alone";
            string network = Metadata.Architecture ?? "a network of no known architecture";
            return Decomposed == 0
                ? $"Nothing was decomposed: {none}. {Output} holds the network as it was, {network}."
                : $"{Output}: {network}, {Decomposed} of {sites} regular convolutions decomposed by "
                    + $"{string.Join(" and ", Methods.Select(method => $"'{method}'"))}.";
        }
    }

    /// <summary>What the user may not expect; null for nothing.</summary>
    public string? Note => Decomposed == 0 ? null : Use.Note;

    InputDescription? IReport.Input => null;

    public IEnumerable<string> Notes => Comparison?.Sample.Chosen.Note is { } note ? [note] : [];

    public IEnumerable<string> Warnings =>
        [.. Input.Questions, .. Calibration is null ? [] : CalibrationUse.Warnings(Calibration), .. Comparison?.Sample.Warnings ?? []];

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        json.WriteString("output", Output);
        json.WriteString("architecture", Metadata.Architecture);
        json.WriteString("method", Method);
        json.WriteStrings("methods", Methods);
        json.WriteNumber("images", Images);
        Input.WriteJson(json, "input");
        Sample.WriteSkipped(json, Calibration?.Unreadable ?? []);
        json.WriteStartArray("layers");
        foreach (LayerReport layer in Decomposition.Layers)
        {
            WriteLayer(json, layer);
        }

        json.WriteEndArray();
        json.WriteNumber("decomposed", Decomposed);
        json.WriteNumber("macs_before", Decomposition.MultiplyAddsBefore);
        json.WriteNumber("macs_after", Decomposition.MultiplyAddsAfter);
        json.WriteNumber("parameters_before", Decomposition.ParametersBefore);
        json.WriteNumber("parameters_after", Decomposition.ParametersAfter);
        json.WriteRounded("ms_before", MillisecondsBefore, 6);
        json.WriteRounded("ms_after", MillisecondsAfter, 6);
        if (Comparison is not null)
        {
            json.WriteStartObject("comparison");
            Comparison.WriteJson(json);
            json.WriteEndObject();
        }

        Settings.WriteJson(json);
        Conditions.WriteJson(json);
    }

    public void WriteText(IAnsiConsole console)
    {
        // Rank and the error on data stay, and for the whole network the totals tell the rest.
        var layers = new TextTable([.. LayerColumns]) { Droppable = [3..4, 10..12, 5..6, 6..7, 8..10, 2..3] };
        foreach (LayerReport layer in Decomposition.Layers)
        {
            layers.AddRow(LayerCells(layer));
        }

        layers.WriteTo(console);
        foreach (string line in Explanation)
        {
            console.WriteLine(line);
        }

        if (Calibration is not null)
        {
            console.WriteLine($"Calibration images: {CalibrationUse.Describe(Calibration)}.");
        }

        console.WriteLine($"Input: {Input.Text}");
        var totals = new TextTable("network", ">before", ">after", ">ratio");
        foreach (string[] row in TotalCells())
        {
            totals.AddRow(row);
        }

        totals.WriteTo(console);
        if (Comparison is { } comparison)
        {
            string top1 = comparison is { FirstTop1: { } first, SecondTop1: { } second }
                ? $"top-1 {Format.Percent(first / 100)} before, {Format.Percent(second / 100)} after; "
                : "";
            console.WriteLine(
                $"On {Format.Count(comparison.Images)} images: {top1}same first answer "
                + $"on {Format.Percent(comparison.AgreementPercent / 100)}, "
                + $"error of the logits {Format.Number(comparison.Error)}.");
        }

        // Not broken where it is long, so that it can be copied.
        console.Profile.Out.Writer.WriteLine($"Command: {Settings.Command}");
        console.WriteLine($"Settings: {string.Join("; ", Settings.Rows().Select(row => $"{row[0]} {row[1]}"))}.");
        console.WriteLine(Summary);
        if (Note is { } note)
        {
            console.WriteLine(note);
        }
    }

    /// <summary>The headings of a table of layers, as <see cref="TextTable"/> takes them.</summary>
    public static ImmutableArray<string> LayerColumns { get; } =
    [
        "layer", "decision", "shape", "method", ">rank", ">energy", ">error", ">on data", ">MACs", ">after", ">params", ">after", ">ms",
        ">after",
    ];

    /// <summary>A layer's row in a table.</summary>
    public static string[] LayerCells(LayerReport layer)
    {
        bool isDecomposed = layer.Decision == LayerDecision.Decomposed;
        bool isTried = isDecomposed || layer.MillisecondsAfter is not null;
        return
        [
            layer.Name,
            isDecomposed ? Name(layer.Decision) : $"left: {layer.Reason}",
            layer.Groups == 1 ? layer.Shape.ToString() : $"{layer.Shape}, {layer.Groups} groups",
            isTried ? layer.Method : "",
            isTried ? Format.Count(layer.Rank) : "",
            isTried ? Format.Percent(layer.RetainedEnergy) : "",
            isTried ? Format.Fixed(layer.RelativeError, 4) : "",
            isTried && layer.ResponseError is { } error ? Format.Fixed(error, 4) : "",
            Format.Millions(layer.MultiplyAddsBefore),
            Format.Millions(layer.MultiplyAddsAfter),
            Format.Thousands(layer.ParametersBefore),
            Format.Thousands(layer.ParametersAfter),
            layer.MillisecondsBefore is { } before ? Format.Fixed(before, 4) : "",
            layer.MillisecondsAfter is { } after ? Format.Fixed(after, 4) : "",
        ];
    }

    /// <summary>The rows of the totals: name, before, after, ratio.</summary>
    public IEnumerable<string[]> TotalCells() =>
    [
        Row("multiply-adds", Format.Millions, Decomposition.MultiplyAddsBefore, Decomposition.MultiplyAddsAfter),
        Row("parameters", Format.Thousands, Decomposition.ParametersBefore, Decomposition.ParametersAfter),
        Row("median time, 1 thread", Format.Milliseconds, MillisecondsBefore, MillisecondsAfter),
    ];

    private static string[] Row(string name, Func<long, string> format, long before, long after) =>
        [name, format(before), format(after), Format.Fixed((double)before / after, 2)];

    private static string[] Row(string name, Func<double, string> format, double before, double after) =>
        [name, format(before), format(after), Format.Fixed(before / after, 2)];

    private static string Name(LayerDecision decision) => decision == LayerDecision.Decomposed ? "decomposed" : "left alone";

    private static void WriteLayer(Utf8JsonWriter json, LayerReport layer)
    {
        json.WriteStartObject();
        json.WriteString("name", layer.Name);
        json.WriteShape("shape", layer.Shape);
        json.WriteNumber("groups", layer.Groups);
        json.WriteString("method", layer.Method);
        json.WriteNumber("rank", layer.Rank);
        json.WriteRounded("retained_energy", layer.RetainedEnergy, 9);
        json.WriteRounded("relative_error", layer.RelativeError, 9);
        json.WriteOptional("response_error", layer.ResponseError, 9);
        json.WriteNumber("positions", layer.Positions);
        json.WriteNumber("macs_before", layer.MultiplyAddsBefore);
        json.WriteNumber("macs_after", layer.MultiplyAddsAfter);
        json.WriteNumber("parameters_before", layer.ParametersBefore);
        json.WriteNumber("parameters_after", layer.ParametersAfter);
        json.WriteOptional("ms_before", layer.MillisecondsBefore, 6);
        json.WriteOptional("ms_after", layer.MillisecondsAfter, 6);
        json.WriteString("decision", Name(layer.Decision));
        json.WriteString("reason", layer.Reason);
        json.WriteEndObject();
    }
}
