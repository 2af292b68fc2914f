using System.Globalization;
using System.Text;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DwEngine.Cli.Reports;

/// <summary>Horizontal bars, one for each series in each row, as inline SVG.</summary>
/// <param name="title">What is shown, for those who cannot see it.</param>
/// <param name="sideBySide">
/// Whether each series has an axis of its own, beside the other's: for values that are not of one kind, the largest of one hiding all of
/// the other.
/// </param>
/// <param name="series">Names of the series, at most two.</param>
internal sealed class BarChart(string title, bool sideBySide, params string[] series)
{
    private const double BarHeight = 13, Gap = 0.4, BetweenAxes = 0.03;

    // In units of the drawing: a character of a name, what is around names and axes, an axis at least, and on it the value beside the
    // longest bar.
    private const double CharacterWidth = 6.8, Margins = 26, LeastAxis = 96, RoomForValue = 40;

    // The gap in a bar that is cut off: its distance from the bar's end and how much it leans, as shares of the bar.
    private const double CutDistance = 0.12, CutLean = 0.03;

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
        double around = (CharacterWidth * _rows.Max(row => row.Name.Length)) + Margins;
        double width = Math.Max(SvgChart.Width, around + (axes * LeastAxis));
        double lengthOfAxis = (width - around) / axes * (1 - BetweenAxes);
        PlotModel chart = SvgChart.Create();
        chart.Axes.Add(Names());
        for (int i = 0; i < axes; i++)
        {
            LinearAxis axis = SvgChart.ValueAxis(AxisPosition.Top, sideBySide ? series[shown[i]] : null);
            axis.Key = $"{i}";
            axis.StartPosition = (double)i / axes;
            axis.EndPosition = ((i + 1.0) / axes) - (i + 1 < axes ? BetweenAxes : 0);
            axis.MaximumPadding = RoomForValue / (lengthOfAxis - RoomForValue);
            chart.Axes.Add(axis);
        }

        bool isAnyCut = false;
        for (int i = 0; i < shown.Length; i++)
        {
            string axis = $"{(sideBySide ? i : 0)}";
            BarScale scale = ScaleOf(shown[i]);
            chart.Series.Add(Bars(shown[i], axis, scale));
            int[] cut = [.. Enumerable.Range(0, _rows.Count).Where(row => _rows[row].Values[shown[i]] is { } value && scale.Cuts(value))];
            isAnyCut |= cut.Length > 0;
            // Bars of a row share its height.
            double height = 1 / (1 + Gap) / (sideBySide ? 1 : shown.Length);
            double place = sideBySide ? 0 : (i - ((shown.Length - 1) / 2.0)) * height;
            foreach (int row in cut)
            {
                chart.Annotations.Add(Cut(row + place, height, axis, scale));
            }
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
        SvgChart.Write(html, chart, title, rowHeight * _rows.Count, width);
        if (isAnyCut)
        {
            html.Append("<p>A bar with a gap is cut off, for it is far longer than the others; the value beside it is the true one.</p>\n");
        }
    }

    // On a shared axis rows are compared, not the bars of one row: both must stay in proportion.
    private BarScale ScaleOf(int index) => new(
        sideBySide ? _rows.Select(row => row.Values[index]).OfType<double>() : _rows.Select(row => row.Values.Max() ?? double.NaN));

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

    private BarSeries Bars(int index, string axis, BarScale scale)
    {
        var bars = new BarSeries
        {
            Title = series[index],
            XAxisKey = axis,
            FillColor = Palette.Fills[index],
            LabelFormatString = $"{{{nameof(Bar.Text)}}}",
            LabelMargin = 4,
            FontSize = 10,
        };
        bars.Items.AddRange(_rows.Index()
            .Where(row => row.Item.Values[index] is not null)
            .Select(row => new Bar(row.Item.Values[index]!.Value, scale, row.Index)));
        return bars;
    }

    /// <summary>A gap near the end of a bar.</summary>
    /// <param name="middle">The middle of the bar, in rows.</param>
    /// <param name="height">Its height, in rows.</param>
    /// <param name="axis">The axis of its values.</param>
    /// <param name="scale">How far that goes.</param>
    private static PolylineAnnotation Cut(double middle, double height, string axis, BarScale scale)
    {
        double x = scale.CutOff * (1 - CutDistance), lean = scale.CutOff * CutLean;
        var cut = new PolylineAnnotation { XAxisKey = axis, Color = Palette.Paper, StrokeThickness = 2.5, LineStyle = LineStyle.Solid };
        cut.Points.Add(new DataPoint(x - lean, middle + (height / 2)));
        cut.Points.Add(new DataPoint(x + lean, middle - (height / 2)));
        return cut;
    }

    /// <summary>A bar, cut off or not, with the value that stands beside it.</summary>
    private sealed class Bar(double value, BarScale scale, int row) : BarItem(scale.LengthOf(value), row)
    {
        public string Text { get; } = value.ToString("G4", CultureInfo.InvariantCulture);
    }
}
