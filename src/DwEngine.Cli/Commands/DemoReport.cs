using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Models;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>What the original and the best decomposed network say of a photograph.</summary>
/// <param name="Photograph">The file's name.</param>
/// <param name="Original">The original's first answer.</param>
/// <param name="Decomposed">The decomposed network's first answer.</param>
internal sealed record DemoAnswer(string Photograph, Prediction Original, Prediction Decomposed)
{
    /// <summary>Whether both name the same class.</summary>
    public bool Agrees => Original.Index == Decomposed.Index;
}

/// <summary>What a network costs.</summary>
/// <param name="MultiplyAdds">Of one image.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="Milliseconds">The median time of one image on one thread.</param>
internal sealed record DemoCost(long MultiplyAdds, long Parameters, double Milliseconds);

/// <summary>What became of the network under a method.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Agreement">The share of held-out patches to which it gives the original's answer.</param>
/// <param name="Error">The relative squared error of its logits on them.</param>
/// <param name="Cost">What it costs.</param>
internal sealed record DemoResult(string Method, double Agreement, double Error, DemoCost Cost);

/// <summary>The outcome of <c>dw demo</c>.</summary>
/// <param name="Metadata">What is known of the network.</param>
/// <param name="Patches">How many patches were calibrated on, and how many others measured on.</param>
/// <param name="Answers">The answers of the original and of the last method on whole photographs.</param>
/// <param name="Original">What the original costs.</param>
/// <param name="Results">One for each method.</param>
/// <param name="Saved">Where the networks were written to; null for nowhere.</param>
internal sealed record DemoReport(
    ModelMetadata Metadata,
    int Patches,
    IReadOnlyList<DemoAnswer> Answers,
    DemoCost Original,
    IReadOnlyList<DemoResult> Results,
    DemoFolder? Saved = null) : IReport
{
    public InputDescription? Input => InputDescription.Of(Metadata, InputSource.File(Metadata));

    private int Agreeing => Answers.Count(answer => answer.Agrees);

    private DemoResult Best => Results[^1];

    private double Speedup => Original.Milliseconds / Best.Cost.Milliseconds;

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("method", Best.Method);
        json.WriteString("architecture", Metadata.Architecture);
        json.WriteNumber("patches", Patches);
        json.WriteStartArray("photographs");
        foreach (DemoAnswer answer in Answers)
        {
            json.WriteStartObject();
            json.WriteString("image", answer.Photograph);
            Prediction.WriteJson(json, "original", [answer.Original]);
            Prediction.WriteJson(json, "decomposed", [answer.Decomposed]);
            json.WriteBoolean("agrees", answer.Agrees);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("agreeing", Agreeing);
        json.WriteStartObject("original");
        WriteJson(json, Original);
        json.WriteEndObject();
        json.WriteStartObject("decomposed");
        WriteJson(json, Best.Cost);
        json.WriteEndObject();
        json.WriteStartArray("methods");
        foreach (DemoResult result in Results)
        {
            json.WriteStartObject();
            json.WriteString("method", result.Method);
            json.WriteRounded("agreement", 100 * result.Agreement, 4);
            json.WriteRounded("error", result.Error, 6);
            WriteJson(json, result.Cost);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteRounded("speedup", Speedup, 3);
        if (Saved is not null)
        {
            json.WriteStrings("saved", Saved.Networks);
            json.WriteString("photographs_saved", Saved.Photographs);
        }
    }

    public void WriteText(IAnsiConsole console)
    {
        console.WriteLine(
            "A ShuffleNet V2 x0.5 with regular 3x3 convolutions, trained on CIFAR-10, and the separable networks that several "
            + $"methods make of it without training: svd and decoupling from its weights alone, "
            + $"the others calibrated on {Patches} patches of photographs.");
        var methods = new TextTable("network", ">same answer", ">error of logits", ">multiply-adds", ">parameters", ">median time")
        {
            Droppable = [4..5, 3..4],
        };
        methods.AddRow(["original", "", "", .. Describe(Original)]);
        foreach (DemoResult result in Results)
        {
            methods.AddRow([result.Method, Format.Percent(result.Agreement), Format.Fixed(result.Error, 4), .. Describe(result.Cost)]);
        }

        methods.WriteTo(console);
        console.WriteLine(
            $"Same answer: as the original's, on {Patches} patches from parts of the same photographs that calibration has not seen. "
            + "That shows how well each method imitates the network there; it is not its accuracy on CIFAR-10, "
            + "which needs that data set ('dw compare').");
        console.WriteLine("Error: squared, relative to the original's logits. Time: one image, one thread, runs of all alternating.");
        console.WriteLine($"'{Best.Method}' is {Format.Fixed(Speedup, 2)} times as fast as the original.");
        console.WriteLine();
        console.WriteLine(
            "Both know these classes, and name the nearest for anything else: " + string.Join(", ", Metadata.Labels ?? []) + ".");
        var answers = new TextTable("photograph", "original says", $"{Best.Method} says", "same");
        foreach (DemoAnswer answer in Answers)
        {
            answers.AddRow(answer.Photograph, Describe(answer.Original), Describe(answer.Decomposed), answer.Agrees ? "yes" : "no");
        }

        answers.WriteTo(console);
        console.WriteLine($"Same answer on {Agreeing} of {Answers.Count} photographs.");
        if (Saved is not null)
        {
            WriteSaved(console, Saved);
        }
    }

    private static void WriteSaved(IAnsiConsole console, DemoFolder saved)
    {
        console.WriteLine();
        var networks = new TextTable("written to " + saved.Path);
        foreach (string network in saved.Networks)
        {
            networks.AddRow(Path.GetFileName(network));
        }

        networks.WriteTo(console);
        if (saved.Left.Count > 0)
        {
            console.WriteLine($"Not written, for no weight file under torchvision's names can hold it: {string.Join("; ", saved.Left)}.");
        }

        // Not broken where they are long, so that they can be copied.
        TextWriter lines = console.Profile.Out.Writer;
        string original = CommandText.Quoted(saved.Networks[0]), best = CommandText.Quoted(saved.Networks[^1]);
        lines.WriteLine("To go on:");
        lines.WriteLine($"  dw info {best}");
        lines.WriteLine($"  dw run {best} {CommandText.Quoted(Path.Combine(saved.Photographs, "chelsea.png"))}");
        lines.WriteLine($"  dw compare {original} {best} --data {CommandText.Quoted(saved.Photographs)}");
        lines.WriteLine($"  dw bench {best} --profile");
    }

    private static void WriteJson(Utf8JsonWriter json, DemoCost cost)
    {
        json.WriteNumber("multiply_adds", cost.MultiplyAdds);
        json.WriteNumber("parameters", cost.Parameters);
        json.WriteRounded("median_ms", cost.Milliseconds, 6);
    }

    private static string[] Describe(DemoCost cost) =>
        [Format.Millions(cost.MultiplyAdds), Format.Millions(cost.Parameters), Format.Milliseconds(cost.Milliseconds)];

    private static string Describe(Prediction prediction) => $"{prediction.Name} ({Format.Percent(prediction.Probability)})";
}
