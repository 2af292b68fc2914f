using System.Collections.Immutable;
using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Runtime;
using DwEngine.Simd;
using Spectre.Console;

namespace DwEngine.Cli.Measurement;

/// <summary>What the steps of a session cost, set against the peak of the cores that they ran on.</summary>
/// <param name="Layers">The steps in order.</param>
/// <param name="Threads">The session's threads, each on a core of its own.</param>
/// <param name="PeakIsa">The instruction set of the session, whose peak this is.</param>
/// <param name="PeakGigaMacs">10^9 multiply-adds that one core can do in a second with that instruction set.</param>
internal sealed record LayerProfile(ImmutableArray<LayerTiming> Layers, int Threads, Isa PeakIsa, double PeakGigaMacs)
{
    /// <summary>The sum of all layers. Work on padding is that of the layers whose kernels count it.</summary>
    public LayerTiming Total
    {
        get
        {
            StepInfo[] counted = [.. Layers.Select(layer => layer.Step).Where(step => step.IssuedMultiplyAdds is not null)];
            long macs = Layers.Sum(layer => layer.Step.MultiplyAdds);
            long padding = counted.Sum(step => step.IssuedMultiplyAdds!.Value - step.MultiplyAdds);
            return new LayerTiming(new StepInfo("total", "", default, macs, macs + padding), Layers.Sum(layer => layer.Milliseconds));
        }
    }

    /// <summary>10^9 multiply-adds that the layer defines, in a second; 0 for layers without any, or too short for the clock.</summary>
    public static double GigaMacsPerSecond(LayerTiming layer) =>
        layer.Milliseconds > 0 ? layer.Step.MultiplyAdds / (layer.Milliseconds * 1e6) : 0;

    /// <summary>
    /// That rate as a share of the peak of all cores that the session uses; of a kernel that does with fewer multiply-adds than the layer
    /// defines, the rate of those that it issues.
    /// </summary>
    public double ShareOfPeak(LayerTiming layer) =>
        GigaMacsPerSecond(layer) / (PeakGigaMacs * Threads) * (1 + Math.Min(0, layer.Step.PaddedWork ?? 0));

    /// <summary>
    /// Writes the members <c>peak_gmacs_per_core</c>, <c>peak_isa</c>, <c>issued_multiply_adds</c>, <c>padded_work</c> and <c>layers</c>.
    /// </summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteRounded("peak_gmacs_per_core", PeakGigaMacs, 3);
        json.WriteString("peak_isa", Format.Name(PeakIsa));
        WriteIssued(json, Total.Step);
        json.WriteStartArray("layers");
        foreach (LayerTiming layer in Layers)
        {
            json.WriteStartObject();
            json.WriteString("name", layer.Step.Name);
            json.WriteStrings("nodes", layer.Step.Nodes);
            json.WriteString("kernel", layer.Step.Kernel);
            json.WriteShape("output_shape", layer.Step.OutputShape);
            json.WriteRounded("ms", layer.Milliseconds, 6);
            json.WriteNumber("multiply_adds", layer.Step.MultiplyAdds);
            WriteIssued(json, layer.Step);
            json.WriteRounded("gmacs_per_s", GigaMacsPerSecond(layer), 3);
            json.WriteRounded("share_of_peak", ShareOfPeak(layer), 6);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the peak, and a table with a row for each layer and one for the whole.</summary>
    public void WriteText(IAnsiConsole console)
    {
        LayerTiming total = Total;
        console.WriteLine(
            $"peak of a core with {Format.Name(PeakIsa)}: {Format.Fixed(PeakGigaMacs, 1)} G MAC/s. padding: work beyond the "
                + $"multiply-adds; of peak: of {Threads} such cores");
        if (Layers.Any(layer => layer.Step.PaddedWork < 0))
        {
            console.WriteLine(
                "padding below 0: Winograd's kernels do with fewer multiply-adds than the layer defines, and G MAC/s counts those that it "
                    + "defines");
        }

        var table = new TextTable("layer", "kernel", "output", ">time", ">share", ">multiply-adds", ">padding", ">G MAC/s", ">of peak")
        {
            Droppable = [6..7, 5..6, 2..3, 7..8, 1..2],
        };
        foreach (LayerTiming layer in Layers)
        {
            AddRow(layer, layer.Step.OutputShape.ToString());
        }

        AddRow(total, "");
        table.WriteTo(console);

        void AddRow(LayerTiming layer, string shape)
        {
            StepInfo step = layer.Step;
            bool works = step.MultiplyAdds > 0;
            table.AddRow(
                step.Name,
                step.Kernel,
                shape,
                Format.Fixed(layer.Milliseconds * 1000, 1) + " us",
                Format.Percent(total.Milliseconds > 0 ? layer.Milliseconds / total.Milliseconds : 0),
                works ? Format.Count(step.MultiplyAdds) : "",
                step.PaddedWork is { } padding ? Format.Percent(padding) : "",
                works ? Format.Fixed(GigaMacsPerSecond(layer), 1) : "",
                works ? Format.Percent(ShareOfPeak(layer)) : "");
        }
    }

    private static void WriteIssued(Utf8JsonWriter json, StepInfo step)
    {
        if (step is { PaddedWork: { } padding, IssuedMultiplyAdds: { } issued })
        {
            json.WriteNumber("issued_multiply_adds", issued);
            json.WriteRounded("padded_work", padding, 6);
        }
    }
}
