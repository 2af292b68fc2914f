using System.Text.Json;
using DwEngine.Cli.Output;
using DwEngine.Decomposition.Calibration;
using Spectre.Console;

namespace DwEngine.Cli.Commands;

/// <summary>The outcome of <c>dw decompose</c> where it only gathers statistics.</summary>
/// <param name="Model">The network's file.</param>
/// <param name="File">The file of statistics.</param>
/// <param name="Statistics">All that the file holds now.</param>
/// <param name="Added">Images that were added to it.</param>
/// <param name="Input">What the network got.</param>
internal sealed record StatisticsReport(string Model, string File, CalibrationStatistics Statistics, long Added, InputDescription Input) : IReport
{
    private int Layers => Statistics.Layers.Select(entry => entry.Layer).Distinct().Count();

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        json.WriteString("statistics", File);
        Input.WriteJson(json, "input");
        json.WriteNumber("images_added", Added);
        json.WriteNumber("images", Statistics.Images);
        json.WriteNumber("layers", Layers);
    }

    public void WriteText(IAnsiConsole console)
    {
        console.WriteLine($"Input: {Input.Text}");
        console.WriteLine($"{File}: statistics of {Layers} layers on {Format.Count(Statistics.Images)} images, {Format.Count(Added)} of them added now. Nothing was decomposed, for no --output was given.");
    }
}
