using System.Text;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DwEngine.Cli.Reports;

/// <summary>Points of several series, joined by lines, as inline SVG. The axes begin near the points.</summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="xAxis">What x is.</param>
/// <param name="yAxis">What y is.</param>
internal sealed class LineChart(string title, string xAxis, string yAxis)
{
    private const double Height = 260, Margin = 0.06;

    private readonly List<(string Name, (double X, double Y)[] Points)> _series = [];

    /// <summary>Adds a series, at most as many as <see cref="Palette.Lines"/>. The points of the first are numbered from 1.</summary>
    public void Add(string name, IEnumerable<(double X, double Y)> points)
    {
        (double X, double Y)[] all = [.. points];
        if (all.Length > 0)
        {
            _series.Add((name, all));
        }
    }

    /// <summary>Writes the SVG element.</summary>
    public void WriteTo(StringBuilder html)
    {
        PlotModel chart = SvgChart.Create();
        LinearAxis x = SvgChart.ValueAxis(AxisPosition.Bottom, xAxis), y = SvgChart.ValueAxis(AxisPosition.Left, yAxis);
        Fit(x, _series.SelectMany(series => series.Points.Select(point => point.X)));
        Fit(y, _series.SelectMany(series => series.Points.Select(point => point.Y)));
        chart.Axes.Add(x);
        chart.Axes.Add(y);
        chart.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.TopLeft,
            LegendOrientation = LegendOrientation.Vertical,
        });
        for (int i = 0; i < _series.Count; i++)
        {
            chart.Series.Add(Line(i));
        }

        foreach ((int i, (double pointX, double pointY)) in _series[0].Points.Index())
        {
            chart.Annotations.Add(new TextAnnotation
            {
                Text = $"{i + 1}",
                TextPosition = new DataPoint(pointX, pointY),
                Offset = new ScreenVector(4, -2),
                TextHorizontalAlignment = HorizontalAlignment.Left,
                TextVerticalAlignment = VerticalAlignment.Bottom,
                StrokeThickness = 0,
                FontSize = 10,
            });
        }

        SvgChart.Write(html, chart, title, Height);
    }

    private static void Fit(LinearAxis axis, IEnumerable<double> values)
    {
        double[] all = [.. values];
        double margin = Math.Max(Margin * (all.Max() - all.Min()), 1e-3 * Math.Abs(all.Max()));
        (axis.Minimum, axis.Maximum) = (all.Min() - margin, all.Max() + (2 * margin));
        if (all.Min() >= 0 && axis.Minimum <= 0)
        {
            axis.Minimum = 0;
        }
    }

    private LineSeries Line(int index)
    {
        (string name, (double X, double Y)[] points) = _series[index];
        var line = new LineSeries
        {
            Title = name,
            Color = Palette.Lines[index],
            MarkerFill = Palette.Lines[index],
            MarkerType = index switch { 0 => MarkerType.Circle, 1 => MarkerType.Square, _ => MarkerType.Triangle },
            MarkerSize = index == 0 ? 4 : 3,
            StrokeThickness = index == 0 ? 2 : 1,
            LineStyle = index == 0 ? LineStyle.Solid : LineStyle.Dash,
        };
        line.Points.AddRange(points.Select(point => new DataPoint(point.X, point.Y)));
        return line;
    }
}
