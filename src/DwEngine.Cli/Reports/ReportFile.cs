using DwEngine.Cli.Commands;
using DwEngine.Cli.Output;
using DwEngine.Formats.Files;

namespace DwEngine.Cli.Reports;

/// <summary>Reports as files.</summary>
internal static class ReportFile
{
    /// <summary>The file extensions that <see cref="Write"/> knows.</summary>
    public static readonly string[] Extensions = [".html", ".json"];

    /// <summary>Writes a report in the form that the extension tells; the file appears complete or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, DecomposeReport report) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        if (string.Equals(Path.GetExtension(path), ".json", StringComparison.OrdinalIgnoreCase))
        {
            JsonText.Write(writer, report);
        }
        else
        {
            writer.Write(HtmlReport.Write(report));
        }
    });
}
