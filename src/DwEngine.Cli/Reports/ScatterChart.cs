using System.Text;
using DwEngine.Cli.Output;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;

namespace DwEngine.Cli.Reports;

/// <summary>
/// Two labelled points as inline SVG: x in milliseconds from 0, y in percent, from a little below the lower point to a little above the
/// higher one.
/// </summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="xAxis">What x is.</param>
/// <param name="yAxis">What y is.</param>
internal sealed class ScatterChart(string title, string xAxis, string yAxis)
{
    private const double Height = 285;

    // Beyond the points, for their labels: a share of what is between them, within limits in percent.
    private const double Margin = 0.5, LeastMargin = 2, LargestMargin = 10;

    private readonly List<(string Name, double X, double Y)> _points = [];

    /// <summary>Adds a point.</summary>
    public void Add(string name, double x, double y) => _points.Add((name, x, y));

    /// <summary>Writes the SVG element.</summary>
    public void WriteTo(StringBuilder html)
    {
        double largest = _points.Max(point => point.X);
        PlotModel chart = SvgChart.Create();
        LinearAxis x = SvgChart.ValueAxis(AxisPosition.Bottom, xAxis), y = SvgChart.ValueAxis(AxisPosition.Left, yAxis);
        x.Maximum = largest * 1.1;
        double lowest = _points.Min(point => point.Y), highestY = _points.Max(point => point.Y);
        double margin = Math.Clamp(Margin * (highestY - lowest), LeastMargin, LargestMargin);
        (y.Minimum, y.Maximum) = (lowest - margin, highestY + margin);
        y.Title = y.Minimum > 0 ? $"{yAxis} (not from 0)" : yAxis;
        // What is beyond is room for labels.
        y.LabelFormatter = value => value is >= 0 and <= 100 ? Format.Number(value) : "";
        chart.Axes.Add(x);
        chart.Axes.Add(y);
        int highest = _points.FindIndex(point => point.Y == _points.Max(other => other.Y));
        for (int i = 0; i < _points.Count; i++)
        {
            chart.Annotations.Add(Point(i, isLeft: _points[i].X < largest / 2, isHigh: i == highest));
        }

        SvgChart.Write(html, chart, title, Height);
    }

    // The label is away from the nearer side of the chart, and from the other point's label.
    private PointAnnotation Point(int index, bool isLeft, bool isHigh)
    {
        (string name, double x, double y) = _points[index];
        return new PointAnnotation
        {
            X = x,
            Y = y,
            Size = 6,
            Fill = Palette.Fills[index],
            Text = $"{name}: {Format.Percent(y / 100)}, {Format.Milliseconds(x)}",
            TextHorizontalAlignment = isLeft ? HorizontalAlignment.Left : HorizontalAlignment.Right,
            TextVerticalAlignment = isHigh ? VerticalAlignment.Bottom : VerticalAlignment.Top,
        };
    }
}
