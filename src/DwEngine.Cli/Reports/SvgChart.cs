using System.Globalization;
using System.Text;
using System.Xml.Linq;
using OxyPlot;
using OxyPlot.Axes;

namespace DwEngine.Cli.Reports;

/// <summary>What all charts share: their looks, and how they come into a page.</summary>
internal static class SvgChart
{
    /// <summary>How wide charts are drawn, in the units of the drawing; a page scales them to its own width.</summary>
    /// <remarks>As wide as a page on a telephone, whose text is readable there and larger elsewhere.</remarks>
    public const double Width = 360;

    /// <summary>A chart with nothing in it yet.</summary>
    public static PlotModel Create() => new()
    {
        Culture = CultureInfo.InvariantCulture,
        DefaultFont = "sans-serif",
        DefaultFontSize = 11,
        TextColor = Palette.Ink,
        PlotAreaBorderThickness = new OxyThickness(0),
    };

    /// <summary>An axis of values with grid lines.</summary>
    public static LinearAxis ValueAxis(AxisPosition position, string? title) => new()
    {
        Position = position,
        Title = title,
        Minimum = 0,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = Palette.Grid,
        TickStyle = TickStyle.None,
        EdgeRenderingMode = EdgeRenderingMode.PreferGeometricAccuracy,
    };

    /// <summary>Text that an SVG file can hold, control characters replaced.</summary>
    public static string Text(string text) =>
        string.Concat(text.EnumerateRunes().Select(rune => Rune.IsControl(rune) ? Rune.ReplacementChar : rune));

    /// <summary>Writes a chart as an SVG element.</summary>
    /// <param name="html">The page.</param>
    /// <param name="chart">The chart.</param>
    /// <param name="label">What is shown, for those who cannot see it.</param>
    /// <param name="plotHeight">Height of what the axes enclose; their labels, titles and legends come on top.</param>
    /// <param name="width">Width of the whole.</param>
    public static void Write(StringBuilder html, PlotModel chart, string label, double plotHeight, double width = Width)
    {
        // How much comes on top is only known of a chart once drawn, with room enough.
        double roomy = plotHeight + width;
        Draw(chart, Stream.Null, width, roomy);
        double height = plotHeight + Math.Ceiling(roomy - chart.PlotArea.Height);
        using var stream = new MemoryStream();
        Draw(chart, stream, width, height);
        stream.Position = 0;
        XElement svg = XElement.Load(stream);
        svg.SetAttributeValue(XNamespace.Xmlns + "xlink", null);
        svg.SetAttributeValue("width", null);
        svg.SetAttributeValue("height", null);
        svg.SetAttributeValue("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"));
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", label);
        foreach (XAttribute attribute in svg.Descendants().Attributes())
        {
            attribute.Value = Palette.WithVariables(attribute.Value);
        }

        html.Append(svg).Append('\n');
    }

    private static void Draw(PlotModel chart, Stream stream, double width, double height)
    {
        using (var canvas = new SvgCanvas(stream, width, height))
        {
            ((IPlotModel)chart).Update(updateData: true);
            ((IPlotModel)chart).Render(canvas, new OxyRect(0, 0, width, height));
            canvas.Complete();
        }

        // The library draws its own failure in the place of the chart.
        if (chart.GetLastPlotException() is { } error)
        {
            throw new InvalidOperationException($"A chart could not be drawn: {error.Message}", error);
        }
    }
}
