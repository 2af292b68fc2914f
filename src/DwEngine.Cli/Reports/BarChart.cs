using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DwEngine.Cli.Reports;

/// <summary>Horizontal bars, one for each series in each row, as inline SVG.</summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="sideBySide">
/// Whether each series has an axis of its own, beside the other's: for values that are not of one kind, the largest of one hiding all of the other.
/// </param>
/// <param name="series">Names of the series, at most two.</param>
internal sealed class BarChart(string title, bool sideBySide, params string[] series)
{
    private const double BarHeight = 13, Gap = 0.4, BetweenAxes = 0.03;

    // The share of an axis that the longest bar leaves for its value.
    private const double RoomForValue = 0.16;

    private readonly List<(string Name, double?[] Values)> _rows = [];

    /// <summary>Whether there is anything to show.</summary>
    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Adds a row with one value for each series; null for none.</summary>
    public void Add(string name, params double?[] values) => _rows.Add((name, values));

    /// <summary>Writes the SVG element.</summary>
    public void WriteTo(StringBuilder html)
    {
        int[] shown = [.. Enumerable.Range(0, series.Length).Where(i => _rows.Any(row => row.Values[i] is not null))];
        int axes = sideBySide ? shown.Length : 1;
        PlotModel chart = SvgChart.Create();
        chart.Axes.Add(Names());
        for (int i = 0; i < axes; i++)
        {
            LinearAxis axis = SvgChart.ValueAxis(AxisPosition.Top, sideBySide ? series[shown[i]] : null);
            axis.Key = $"{i}";
            axis.StartPosition = (double)i / axes;
            axis.EndPosition = ((i + 1.0) / axes) - (i + 1 < axes ? BetweenAxes : 0);
            axis.MaximumPadding = RoomForValue;
            chart.Axes.Add(axis);
        }

        for (int i = 0; i < shown.Length; i++)
        {
            chart.Series.Add(Bars(shown[i], axis: $"{(sideBySide ? i : 0)}"));
        }

        if (!sideBySide)
        {
            chart.Legends.Add(new Legend
            {
                LegendPlacement = LegendPlacement.Outside,
                LegendPosition = LegendPosition.TopLeft,
                LegendOrientation = LegendOrientation.Horizontal,
            });
        }

        double rowHeight = BarHeight * (1 + Gap) * (sideBySide ? 1 : shown.Length);
        SvgChart.Write(html, chart, title, rowHeight * _rows.Count);
    }

    private CategoryAxis Names()
    {
        // From top to bottom.
        var names = new CategoryAxis
        {
            Position = AxisPosition.Left,
            StartPosition = 1,
            EndPosition = 0,
            GapWidth = Gap,
            TickStyle = TickStyle.None,
            AxisTickToLabelDistance = 8,
        };
        names.Labels.AddRange(_rows.Select(row => SvgChart.Text(row.Name)));
        return names;
    }

    private BarSeries Bars(int index, string axis)
    {
        var bars = new BarSeries
        {
            Title = series[index],
            XAxisKey = axis,
            FillColor = SvgChart.Fills[index],
            LabelFormatString = "{0:G4}",
            LabelMargin = 4,
            FontSize = 10,
        };
        bars.Items.AddRange(_rows.Index()
            .Where(row => row.Item.Values[index] is not null)
            .Select(row => new BarItem(row.Item.Values[index]!.Value, row.Index)));
        return bars;
    }
}
