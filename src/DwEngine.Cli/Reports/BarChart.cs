using System.Text;
using static DwEngine.Cli.Reports.SvgText;

namespace DwEngine.Cli.Reports;

/// <summary>
/// Horizontal bars, one for each series in each row, as inline SVG. Written by hand: plotting libraries bring native code, which this program does
/// without, and bars need no more than this.
/// </summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="series">Names of the series, at most two.</param>
internal sealed class BarChart(string title, params string[] series)
{
    private const int Label = 210, Width = 900, Bar = 9, Gap = 8, Top = 44;

    private readonly List<(string Name, double?[] Values)> _rows = [];

    /// <summary>Whether there is anything to show.</summary>
    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Adds a row with one value for each series; null for none.</summary>
    public void Add(string name, params double?[] values) => _rows.Add((name, values));

    /// <summary>Writes the SVG element.</summary>
    public void WriteTo(StringBuilder html)
    {
        int rowHeight = (Bar * series.Length) + Gap;
        int bottom = Top + (rowHeight * _rows.Count);
        double largest = RoundUp(_rows.SelectMany(row => row.Values).Max() ?? 0);
        double scale = (Width - Label - 70) / largest;
        html.Append($"<svg viewBox=\"0 0 {Width} {bottom + 8}\" role=\"img\" aria-label=\"{Escape(title)}\">\n");
        for (int i = 0; i < series.Length; i++)
        {
            html.Append($"<rect class=\"s{i}\" x=\"{Label + (i * 200)}\" y=\"2\" width=\"12\" height=\"12\"/>");
            html.Append($"<text x=\"{Label + (i * 200) + 18}\" y=\"12\">{Escape(series[i])}</text>\n");
        }

        for (int tick = 0; tick <= 4; tick++)
        {
            string x = Number(Label + (scale * largest * tick / 4));
            html.Append($"<line class=\"grid\" x1=\"{x}\" y1=\"{Top - 6}\" x2=\"{x}\" y2=\"{bottom}\"/>");
            html.Append($"<text class=\"tick\" x=\"{x}\" y=\"{Top - 10}\" text-anchor=\"middle\">{Value(largest * tick / 4)}</text>\n");
        }

        for (int row = 0; row < _rows.Count; row++)
        {
            WriteRow(html, _rows[row].Name, _rows[row].Values, Top + (row * rowHeight), scale);
        }

        html.Append("</svg>\n");
    }

    private static void WriteRow(StringBuilder html, string name, double?[] values, int y, double scale)
    {
        html.Append($"<text x=\"{Label - 8}\" y=\"{y + (Bar * values.Length / 2) + 4}\" text-anchor=\"end\">{Escape(name)}</text>\n");
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is not { } value)
            {
                continue;
            }

            double length = Math.Max(value * scale, 0.5);
            html.Append($"<rect class=\"s{i}\" x=\"{Label}\" y=\"{y + (i * Bar)}\" width=\"{Number(length)}\" height=\"{Bar - 1}\"/>");
            html.Append($"<text class=\"tick\" x=\"{Number(Label + length + 4)}\" y=\"{y + (i * Bar) + Bar - 1}\">{Value(value)}</text>\n");
        }
    }
}
