using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Runtime;
using Spectre.Console;

namespace DwEngine.Cli.Measurement;

/// <summary>What one step of a session costs.</summary>
/// <param name="Step">The step.</param>
/// <param name="Milliseconds">The median of its durations.</param>
internal sealed record LayerTiming(StepInfo Step, double Milliseconds)
{
    /// <summary>10^9 multiply-adds in a second; 0 for steps that are too short for the clock.</summary>
    public double GigaMacsPerSecond => Rate(Step.MultiplyAdds, Milliseconds);

    /// <summary>Writes the member <c>layers</c>.</summary>
    public static void WriteJson(Utf8JsonWriter json, IEnumerable<LayerTiming> layers)
    {
        json.WriteStartArray("layers");
        foreach (LayerTiming layer in layers)
        {
            json.WriteStartObject();
            json.WriteString("name", layer.Step.Name);
            json.WriteString("kernel", layer.Step.Kernel);
            json.WriteShape("output_shape", layer.Step.OutputShape);
            json.WriteRounded("ms", layer.Milliseconds, 6);
            json.WriteNumber("multiply_adds", layer.Step.MultiplyAdds);
            json.WriteRounded("gmacs_per_s", layer.GigaMacsPerSecond, 3);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a table with a row for each layer and one for the whole.</summary>
    public static void WriteTable(IAnsiConsole console, IReadOnlyCollection<LayerTiming> layers)
    {
        double total = layers.Sum(layer => layer.Milliseconds);
        long macs = layers.Sum(layer => layer.Step.MultiplyAdds);
        var table = new TextTable("layer", "kernel", "output", ">time", ">share", ">multiply-adds", ">G MAC/s");
        foreach (LayerTiming layer in layers)
        {
            AddRow(layer.Step.Name, layer.Step.Kernel, layer.Step.OutputShape.ToString(), layer.Milliseconds, layer.Step.MultiplyAdds);
        }

        AddRow("total", "", "", total, macs);
        table.WriteTo(console);

        void AddRow(string name, string kernel, string shape, double milliseconds, long multiplyAdds) => table.AddRow(
            name,
            kernel,
            shape,
            Format.Fixed(milliseconds * 1000, 1) + " us",
            Format.Percent(total > 0 ? milliseconds / total : 0),
            multiplyAdds > 0 ? Format.Count(multiplyAdds) : "",
            multiplyAdds > 0 ? Format.Fixed(Rate(multiplyAdds, milliseconds), 1) : "");
    }

    private static double Rate(long multiplyAdds, double milliseconds) => milliseconds > 0 ? multiplyAdds / (milliseconds * 1e6) : 0;
}
