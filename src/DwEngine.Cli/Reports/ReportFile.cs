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
    /// <param name="path">The file.</param>
    /// <param name="report">The report, for machines.</param>
    /// <param name="page">The same as a page, for people.</param>
    public static void Write(string path, IReport report, Func<string> page)
    {
        try
        {
            AtomicFile.Write(path, stream => WriteTo(stream, Path.GetExtension(path), report, page));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path}: cannot be written: {error.Message}", error);
        }
    }

    private static void WriteTo(Stream stream, string extension, IReport report, Func<string> page)
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        if (string.Equals(extension, ".json", StringComparison.OrdinalIgnoreCase))
        {
            JsonText.Write(writer, report);
        }
        else
        {
            writer.Write(page());
        }
    }
}
