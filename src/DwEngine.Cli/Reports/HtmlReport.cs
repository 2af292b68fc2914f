using System.Text;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;

namespace DwEngine.Cli.Reports;

/// <summary>The outcome of <c>dw decompose</c> as one HTML file that needs no other.</summary>
internal static class HtmlReport
{
    /// <summary>Writes the page.</summary>
    public static string Write(DecomposeReport report)
    {
        var html = new StringBuilder();
        HtmlPage.Begin(html, $"Decomposition of {Path.GetFileName(report.Model)}");
        string data = report.Images > 0 ? $"calibrated on {Format.Count(report.Images)} images" : "without calibration data";
        html.Append($"<p>{report.Decomposed} of {report.Decomposition.Layers.Length} regular convolutions decomposed by ");
        html.Append($"<b>{string.Join("</b> and <b>", report.Methods.Select(HtmlPage.Escape))}</b>, {data}. ");
        string network = HtmlPage.Escape(report.Metadata.Architecture ?? "a network");
        html.Append($"The result, {network}, is in {HtmlPage.Escape(report.Output)}.</p>\n");
        HtmlPage.WriteParagraph(html, $"Input: {report.Input.Text}");
        if (report.Note is { } note)
        {
            HtmlPage.WriteParagraph(html, note);
        }

        HtmlPage.WriteTable(html, ["network", "before", "after", "ratio"], report.TotalCells());
        WriteComparison(html, report);
        WriteErrors(html, report);
        WriteTimes(html, report);
        html.Append("<h2>Layers</h2>\n<div class=\"wide\" tabindex=\"0\">\n");
        HtmlPage.WriteTable(html, DecomposeReport.LayerColumns, report.Decomposition.Layers.Select(DecomposeReport.LayerCells));
        html.Append("</div>\n");
        HtmlPage.WriteParagraph(html, string.Join(' ', report.Explanation));
        HtmlPage.WriteFacts(html, "Settings", "setting", [["command", report.Settings.Command], .. report.Settings.Rows()]);
        HtmlPage.WriteFacts(html, "How the times were measured", "condition", report.Conditions.Rows());
        return HtmlPage.End(html);
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
            html.Append($"<h2>{HtmlPage.Escape(title)}</h2>\n");
            chart.WriteTo(html);
        }
    }
}
