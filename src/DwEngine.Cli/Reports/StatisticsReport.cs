using System.Text.Json;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Output;
using DwEngine.Decomposition.Calibration;
using DwEngine.Vision;
using Spectre.Console;

namespace DwEngine.Cli.Reports;

/// <summary>The outcome of <c>dw decompose</c> where it only gathers statistics.</summary>
/// <param name="Model">The network's file.</param>
/// <param name="File">The file of statistics.</param>
/// <param name="Statistics">All that the file holds now.</param>
/// <param name="Added">Images that were added to it.</param>
/// <param name="Description">What the network got.</param>
/// <param name="Images">The images that it got.</param>
internal sealed record StatisticsReport(
    string Model,
    string File,
    CalibrationStatistics Statistics,
    long Added,
    InputDescription Description,
    CalibrationFolder Images) : IReport
{
    public IEnumerable<string> Warnings => [.. Description.Questions, .. CalibrationUse.Warnings(Images)];

    private int Layers => Statistics.Layers.Select(entry => entry.Layer).Distinct().Count();

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", Model);
        json.WriteString("statistics", File);
        Description.WriteJson(json, "input");
        json.WriteNumber("images_added", Added);
        json.WriteNumber("images", Statistics.Images);
        json.WriteNumber("layers", Layers);
        Sample.WriteSkipped(json, Images.Unreadable);
    }

    public void WriteText(IAnsiConsole console)
    {
        console.WriteLine($"Images: {CalibrationUse.Describe(Images)}.");
        console.WriteLine($"Input: {Description.Text}");
        console.WriteLine(
            $"{File}: statistics of {Words.Count(Layers, "layer")} on {Format.Count(Statistics.Images)} images, {Format.Count(Added)} "
            + "of them added now. Nothing was decomposed, for no --output was given.");
    }
}
