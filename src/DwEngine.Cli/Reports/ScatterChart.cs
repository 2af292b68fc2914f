using System.Text;
using static DwEngine.Cli.Reports.SvgText;

namespace DwEngine.Cli.Reports;

/// <summary>A few labelled points as inline SVG: x from 0, y in percent from 0 to 100.</summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="xAxis">What x is.</param>
/// <param name="yAxis">What y is.</param>
internal sealed class ScatterChart(string title, string xAxis, string yAxis)
{
    private const int Left = 60, Top = 30, Width = 640, Height = 320;

    private readonly List<(string Name, double X, double Y)> _points = [];

    /// <summary>Adds a point.</summary>
    public void Add(string name, double x, double y) => _points.Add((name, x, y));

    /// <summary>Writes the SVG element.</summary>
    public void WriteTo(StringBuilder html)
    {
        double largest = RoundUp(_points.Max(point => point.X));
        html.Append($"<svg viewBox=\"0 0 {Left + Width + 120} {Top + Height + 50}\" role=\"img\" aria-label=\"{Escape(title)}\">\n");
        html.Append($"<text x=\"4\" y=\"14\">{Escape(yAxis)}</text>\n");
        html.Append($"<text x=\"{Left + (Width / 2)}\" y=\"{Top + Height + 42}\" text-anchor=\"middle\">{Escape(xAxis)}</text>\n");
        for (int tick = 0; tick <= 4; tick++)
        {
            string x = Number(Left + (Width * tick / 4.0)), y = Number(Top + Height - (Height * tick / 4.0));
            html.Append($"<line class=\"grid\" x1=\"{x}\" y1=\"{Top}\" x2=\"{x}\" y2=\"{Top + Height}\"/>");
            html.Append($"<text class=\"tick\" x=\"{x}\" y=\"{Top + Height + 16}\" text-anchor=\"middle\">{Value(largest * tick / 4)}</text>\n");
            html.Append($"<line class=\"grid\" x1=\"{Left}\" y1=\"{y}\" x2=\"{Left + Width}\" y2=\"{y}\"/>");
            html.Append($"<text class=\"tick\" x=\"{Left - 8}\" y=\"{y}\" text-anchor=\"end\">{tick * 25}</text>\n");
        }

        for (int i = 0; i < _points.Count; i++)
        {
            (string name, double x, double y) = _points[i];
            double centerX = Left + (Width * x / largest), centerY = Top + (Height * (1 - (y / 100)));
            html.Append($"<circle class=\"s{i % 2}\" cx=\"{Number(centerX)}\" cy=\"{Number(centerY)}\" r=\"6\"/>");
            html.Append($"<text x=\"{Number(centerX + 10)}\" y=\"{Number(centerY + 18)}\">{Escape(name)}: {Value(y)} %, {Value(x)} ms</text>\n");
        }

        html.Append("</svg>\n");
    }
}
