using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Models;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>What both networks say of a photograph.</summary>
/// <param name="Photograph">The file's name.</param>
/// <param name="Original">The original's first answer.</param>
/// <param name="Decomposed">The decomposed network's first answer.</param>
internal sealed record DemoAnswer(string Photograph, Prediction Original, Prediction Decomposed)
{
    /// <summary>Whether both name the same class.</summary>
    public bool Agrees => Original.Index == Decomposed.Index;
}

/// <summary>What a network costs.</summary>
/// <param name="Network">Which of the two.</param>
/// <param name="MultiplyAdds">Of one image.</param>
/// <param name="Parameters">Trained values.</param>
/// <param name="Milliseconds">The median time of one image on one thread.</param>
internal sealed record DemoCost(string Network, long MultiplyAdds, long Parameters, double Milliseconds);

/// <summary>The outcome of <c>dw demo</c>.</summary>
internal sealed record DemoReport(
    string Method, ModelMetadata Metadata, IReadOnlyList<DemoAnswer> Answers, DemoCost Original, DemoCost Decomposed) : IReport
{
    private int Agreeing => Answers.Count(answer => answer.Agrees);

    private double Speedup => Original.Milliseconds / Decomposed.Milliseconds;

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("method", Method);
        json.WriteString("architecture", Metadata.Architecture);
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
        WriteJson(json, Original);
        WriteJson(json, Decomposed);
        json.WriteRounded("speedup", Speedup, 3);
    }

    public void WriteText(IAnsiConsole console)
    {
        console.WriteLine("A ShuffleNet V2 x0.5 with regular 3x3 convolutions, trained on CIFAR-10, and the separable network that");
        console.WriteLine($"the method '{Method}' makes of its weights. Both know these classes, and name the nearest for anything else:");
        console.WriteLine(string.Join(", ", Metadata.Labels ?? []) + ".");
        var answers = new TextTable("photograph", "original says", "decomposed says", "same");
        foreach (DemoAnswer answer in Answers)
        {
            answers.AddRow(answer.Photograph, Describe(answer.Original), Describe(answer.Decomposed), answer.Agrees ? "yes" : "no");
        }

        answers.WriteTo(console);
        console.WriteLine($"Same answer on {Agreeing} of {Answers.Count} photographs.");
        var costs = new TextTable("network", ">multiply-adds", ">parameters", ">median time");
        foreach (DemoCost cost in (DemoCost[])[Original, Decomposed])
        {
            costs.AddRow(
                cost.Network, Format.Millions(cost.MultiplyAdds), Format.Millions(cost.Parameters), Format.Milliseconds(cost.Milliseconds));
        }

        costs.WriteTo(console);
        console.WriteLine($"The decomposed network is {Format.Fixed(Speedup, 2)} times as fast (one thread, runs of both alternating).");
        console.WriteLine("Decomposing by weights alone loses much of the accuracy; calibration on images wins most of it back.");
    }

    private static void WriteJson(Utf8JsonWriter json, DemoCost cost)
    {
        json.WriteStartObject(cost.Network);
        json.WriteNumber("multiply_adds", cost.MultiplyAdds);
        json.WriteNumber("parameters", cost.Parameters);
        json.WriteRounded("median_ms", cost.Milliseconds, 6);
        json.WriteEndObject();
    }

    private static string Describe(Prediction prediction) => $"{prediction.Name} ({Format.Percent(prediction.Probability)})";
}
