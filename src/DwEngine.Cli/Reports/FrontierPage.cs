using System.Text;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;

namespace DwEngine.Cli.Reports;

/// <summary>The outcome of <c>dw decompose --frontier</c> as one HTML file that needs no other.</summary>
internal static class FrontierPage
{
    private const string MultiplyAdds = "multiply-adds, millions", Time = "median time of a run on one thread, ms";
    private const string Error = "error of the outputs", Top1 = "top-1, %";

    /// <summary>Writes the page.</summary>
    public static string Write(FrontierReport report)
    {
        var html = new StringBuilder();
        HtmlPage.Begin(html, $"Networks between {Path.GetFileName(report.Model)} and its cheapest form");
        html.Append($"<p>Decomposed by <b>{HtmlPage.Escape(report.Settings.Method)}</b>, calibrated on "
            + $"{Format.Count(report.Use.Images)} images.</p>\n");
        HtmlPage.WriteParagraph(html, report.Explanation);
        foreach (string remark in report.Remarks)
        {
            HtmlPage.WriteParagraph(html, remark);
        }

        HtmlPage.WriteParagraph(html, report.Summary);
        HtmlPage.WriteParagraph(html, $"Input: {report.Description.Text}");
        if (report.Use.Note is { } note)
        {
            HtmlPage.WriteParagraph(html, note);
        }

        html.Append("<div class=\"wide\" tabindex=\"0\">\n");
        HtmlPage.WriteTable(html, report.Columns, report.Cells());
        html.Append("</div>\n");
        WriteCharts(html, report, "What the answer loses", Error, entry => entry.Point.AnswerError);
        if (report.Sample is { } sample)
        {
            WriteCharts(html, report, "Accuracy", Top1, entry => entry.Top1!.Value);
            HtmlPage.WriteParagraph(html, $"Images: {sample.Text}. The original's top-1 is {Format.Percent(report.Top1!.Value / 100)}.");
        }

        HtmlPage.WriteFacts(html, "Settings", "setting", [["command", report.Settings.Command], .. report.Settings.Rows()]);
        HtmlPage.WriteFacts(html, "How the times were measured", "condition", report.Conditions.Rows());
        return HtmlPage.End(html);
    }

    private static void WriteCharts(
        StringBuilder html, FrontierReport report, string title, string yAxis, Func<FrontierEntry, double> y)
    {
        html.Append($"<h2>{HtmlPage.Escape(title)}</h2>\n");
        WriteChart(html, report, MultiplyAdds, yAxis, entry => entry.Point.Decomposition.MultiplyAddsAfter / 1e6, y);
        WriteChart(html, report, Time, yAxis, entry => entry.Milliseconds, y);
    }

    private static void WriteChart(
        StringBuilder html, FrontierReport report, string xAxis, string yAxis, Func<FrontierEntry, double> x, Func<FrontierEntry, double> y)
    {
        var chart = new LineChart($"{yAxis} against {xAxis}", xAxis, yAxis);
        chart.Add("networks to choose from", report.Points.Select(Place));
        foreach ((FrontierKind kind, string name) in new[]
        {
            (FrontierKind.SingularValues, "ranks by singular values"), (FrontierKind.OneRank, "one rank in all layers"),
        })
        {
            chart.Add(name, report.Others.Where(entry => entry.Point.Kind == kind).Select(Place));
        }

        chart.WriteTo(html);

        (double X, double Y) Place(FrontierEntry entry) => (x(entry), y(entry));
    }
}
