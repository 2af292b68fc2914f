using System.Net;
using System.Text;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;

namespace DwEngine.Cli.Reports;

/// <summary>The outcome of <c>dw decompose</c> as one HTML file that needs no other.</summary>
internal static class HtmlReport
{
    private const string Style = """
        html { -webkit-text-size-adjust: 100%; }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        body { max-width: 1240px; margin: 2em auto; padding: 0 1em; }
        h1, h2, p { overflow-wrap: anywhere; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; }
        table { border-collapse: collapse; font-size: 12.5px; } .wide { overflow-x: auto; }
        th, td { padding: 3px 7px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
        th:first-child, td:first-child, .left th, .left td, .wide td:nth-child(2), .wide th:nth-child(2) { text-align: left; }
        .left td:nth-child(2), .wide td:nth-child(2) { white-space: normal; min-width: 9em; overflow-wrap: anywhere; }
        .wide th:first-child, .wide td:first-child { position: sticky; left: 0; background: var(--paper); }
        svg { display: block; width: 100%; max-width: 600px; height: auto; overflow: visible; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(DecomposeReport report)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append($"<title>Decomposition of {Escape(Path.GetFileName(report.Model))}</title>\n");
        html.Append($"<style>\n{Palette.Style}\n{Style}\n</style>\n</head>\n<body>\n");
        html.Append($"<h1>Decomposition of {Escape(Path.GetFileName(report.Model))}</h1>\n");
        string data = report.Images > 0 ? $"calibrated on {Format.Count(report.Images)} images" : "without calibration data";
        html.Append($"<p>{report.Decomposed} of {report.Decomposition.Layers.Length} regular convolutions decomposed by the method ");
        html.Append($"<b>{Escape(report.Method)}</b>, {data}. The result, {Escape(report.Metadata.Architecture ?? "a network")}, is in "
            + $"{Escape(report.Output)}.</p>\n");
        WriteParagraph(html, $"Input: {report.Input.Text}");
        if (report.Note is { } note)
        {
            WriteParagraph(html, note);
        }

        WriteTable(html, ["network", "before", "after", "ratio"], report.TotalCells());
        WriteComparison(html, report);
        WriteErrors(html, report);
        WriteTimes(html, report);
        html.Append("<h2>Layers</h2>\n<div class=\"wide\" tabindex=\"0\">\n");
        WriteTable(html, DecomposeReport.LayerColumns, report.Decomposition.Layers.Select(DecomposeReport.LayerCells));
        html.Append("</div>\n");
        WriteParagraph(html, string.Join(' ', report.Explanation));
        WriteFacts(html, "Settings", "setting", [["command", report.Settings.Command], .. report.Settings.Rows()]);
        WriteFacts(html, "How the times were measured", "condition", report.Conditions.Rows());
        html.Append("</body>\n</html>\n");
        return html.ToString();
    }

    private static void WriteComparison(StringBuilder html, DecomposeReport report)
    {
        if (report.Comparison is not { } comparison)
        {
            return;
        }

        if (comparison is { FirstTop1: { } first, SecondTop1: { } second })
        {
            html.Append("<h2>Accuracy against time</h2>\n");
            var chart = new ScatterChart("Top-1 against median time", "median time of a run on one thread, ms", "top-1, %");
            chart.Add("before", comparison.FirstMilliseconds, first);
            chart.Add("after", comparison.SecondMilliseconds, second);
            chart.WriteTo(html);
        }

        html.Append($"<p>On {Format.Count(comparison.Images)} images both networks give the same first answer to "
            + $"{Format.Percent(comparison.AgreementPercent / 100)}; ");
        html.Append($"the largest difference of a logit is {Format.Fixed(comparison.LargestDifference, 4)}.</p>\n");
    }

    private static void WriteErrors(StringBuilder html, DecomposeReport report)
    {
        var chart = new BarChart("Error by layer", sideBySide: true, "of the weights", "of the responses");
        foreach (LayerReport layer in report.Decomposition.Layers.Where(layer => layer.Decision == LayerDecision.Decomposed))
        {
            chart.Add(layer.Name, layer.RelativeError, layer.ResponseError);
        }

        Write(html, "Relative squared error by layer", chart);
    }

    private static void WriteTimes(StringBuilder html, DecomposeReport report)
    {
        var chart = new BarChart("Time by layer", sideBySide: false, "ms before", "ms after");
        foreach (LayerReport layer in report.Decomposition.Layers.Where(layer => layer.MillisecondsAfter is not null))
        {
            chart.Add(layer.Name, layer.MillisecondsBefore, layer.MillisecondsAfter);
        }

        Write(html, "Time by layer", chart);
    }

    private static void Write(StringBuilder html, string title, BarChart chart)
    {
        if (!chart.IsEmpty)
        {
            html.Append($"<h2>{Escape(title)}</h2>\n");
            chart.WriteTo(html);
        }
    }

    private static void WriteFacts(StringBuilder html, string title, string kind, IEnumerable<string[]> rows)
    {
        html.Append($"<h2>{Escape(title)}</h2>\n<div class=\"left\">\n");
        WriteTable(html, [kind, "value"], rows);
        html.Append("</div>\n");
    }

    private static void WriteParagraph(StringBuilder html, string text) => html.Append($"<p>{Escape(text)}</p>\n");

    private static void WriteTable(StringBuilder html, IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        html.Append("<table>\n");
        WriteRow(html, "th", columns.Select(column => column.TrimStart('>')));
        foreach (IEnumerable<string> row in rows)
        {
            WriteRow(html, "td", row);
        }

        html.Append("</table>\n");
    }

    private static void WriteRow(StringBuilder html, string tag, IEnumerable<string> cells) =>
        html.Append("<tr>").AppendJoin("", cells.Select(cell => $"<{tag}>{Escape(cell)}</{tag}>")).Append("</tr>\n");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
