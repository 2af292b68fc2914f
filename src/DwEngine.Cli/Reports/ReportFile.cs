using DwEngine.Cli.Output;
using DwEngine.Files;

namespace DwEngine.Cli.Reports;

/// <summary>Reports as files.</summary>
internal static class ReportFile
{
    /// <summary>The file extensions that <see cref="Write"/> knows.</summary>
    public static readonly string[] Extensions = [".html", ".json"];

    /// <summary>Writes a report in the form that the extension tells; the file appears complete or not at all.</summary>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Write(string path, DecomposeReport report)
    {
        try
        {
            AtomicFile.Write(path, stream => WriteTo(stream, Path.GetExtension(path), report));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    private static void WriteTo(Stream stream, string extension, DecomposeReport report)
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        if (string.Equals(extension, ".json", StringComparison.OrdinalIgnoreCase))
        {
            JsonText.Write(writer, report);
        }
        else
        {
            writer.Write(HtmlReport.Write(report));
        }
    }
}
