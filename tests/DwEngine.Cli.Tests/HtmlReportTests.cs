using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed partial class HtmlReportTests
{
    private const string Accuracy = "Top-1 against median time", Error = "Error by layer", Time = "Time by layer";

    // What a character of a layer's name takes on average in a wide sans-serif font, in font sizes.
    private const double CharacterWidth = 0.56;

    [Fact]
    public void A_full_report_has_three_charts_and_needs_no_other_file()
    {
        string html = Write([Layer("stage2.0.branch1.0"), Layer("stage2.0.branch2.3")], Agree(85, 81));

        XElement[] charts = Charts(html);
        Assert.Equal([Accuracy, Error, Time], charts.Select(Label));
        Assert.All(charts, chart => Assert.Equal("img", (string?)chart.Attribute("role")));
        XAttribute[] attributes =
            [.. charts.SelectMany(chart => chart.DescendantsAndSelf()).Attributes().Where(attribute => attribute.Name != "xmlns")];
        Assert.All(attributes, attribute => Assert.DoesNotContain(attribute.Name.LocalName, (string[])["href", "src", "id"]));
        Assert.All(attributes,
            attribute => Assert.All((string[])["http", "//", "url("], link => Assert.DoesNotContain(link, attribute.Value)));
        string page = Chart().Replace(html, "");
        Assert.All((string[])["http", "//", "src=", "href", "<script", "url(", "@import"], link => Assert.DoesNotContain(link, page));
    }

    [Fact]
    public void Without_data_and_times_only_the_errors_of_the_weights_are_drawn()
    {
        LayerReport layer = Layer("stage2.0.branch1.0") with { ResponseError = null, MillisecondsBefore = null, MillisecondsAfter = null };

        XElement chart = Assert.Single(Charts(Write([layer], null)));

        Assert.Equal(Error, Label(chart));
        AssertShows(chart, "of the weights", "stage2.0.branch1.0");
        Assert.DoesNotContain("of the responses", Texts(chart));
        Assert.Single(Bars(chart));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void Every_name_is_beside_its_bars_in_full(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"stage{i}.1.branch2.3")];

        XElement[] charts = Charts(Write([.. names.Select(Layer)], null));

        Assert.Equal([Error, Time], charts.Select(Label));
        foreach (XElement chart in charts)
        {
            XElement[] labels = [.. chart.Elements().Where(element => names.Contains(element.Value))];
            Assert.Equal(names, labels.Select(label => label.Value));
            Assert.All(labels,
                label => Assert.InRange(Position(label).X, label.Value.Length * CharacterWidth * Number(label, "font-size"), 300));
            double[] lines = [.. labels.Select(label => Position(label).Y)];
            Assert.All(lines.Zip(lines.Skip(1)),
                pair => Assert.InRange(pair.Second - pair.First, Number(labels[0], "font-size") * 1.2, 100));
            XElement[] bars = Bars(chart);
            Assert.Equal(2 * count, bars.Length);
            Assert.All(labels, label => Assert.Equal(
                2, bars.Count(bar => Math.Abs(Number(bar, "y") + (Number(bar, "height") / 2) - Position(label).Y) < 10)));
            double bottom = double.Parse(((string)chart.Attribute("viewBox")!).Split(' ')[3], CultureInfo.InvariantCulture);
            Assert.InRange(lines[^1], 0, bottom - Number(labels[0], "font-size"));
        }
    }

    [Fact]
    public void A_huge_error_of_the_weights_hides_no_error_of_the_responses()
    {
        LayerReport huge = Layer("huge") with { RelativeError = 19, ResponseError = 0.09 };
        LayerReport small = Layer("small") with { RelativeError = 9.5, ResponseError = 0.02 };

        double[] widths = [.. Bars(Charts(Write([huge, small], null))[0]).Select(bar => Number(bar, "width"))];

        Assert.Equal(4, widths.Length);
        Assert.All(widths, width => Assert.InRange(width, 10, 400));
        Assert.Equal(19 / 9.5, widths[0] / widths[1], 0.1);
        Assert.Equal(0.09 / 0.02, widths[2] / widths[3], 0.1);
    }

    [Fact]
    public void One_error_that_is_far_larger_is_cut_off_and_says_so()
    {
        double[] errors = [0.8, 19.05, 0.4, 1.6];

        string html = Write([.. errors.Select((error, i) => Layer($"layer{i}") with { RelativeError = error, ResponseError = 0.1 })], null);

        XElement chart = Charts(html)[0];
        XElement[] bars = Bars(chart)[..errors.Length];
        double[] widths = [.. bars.Select(bar => Number(bar, "width"))];
        Assert.Equal(1.6 / 0.8, widths[3] / widths[0], 0.05);
        Assert.Equal(0.8 / 0.4, widths[0] / widths[2], 0.05);
        Assert.InRange(widths[1] / widths[3], 1.05, 1.3);
        AssertShows(chart, "19.05", "1.6", "0.8", "0.4");
        XElement label = chart.Elements().Single(element => element.Value == "19.05");
        double end = Number(bars[1], "x") + widths[1], top = Number(bars[1], "y"), bottom = top + Number(bars[1], "height");
        Assert.True(Position(label).X > end && Position(label).Y > top && Position(label).Y < bottom);
        double[][] gap = Points(Assert.Single(Gaps(chart)));
        Assert.All(gap, point => Assert.InRange(point[0], Number(bars[1], "x"), end));
        Assert.All(gap, point => Assert.InRange(point[1], top - 0.01, bottom + 0.01));
        Assert.Contains("A bar with a gap is cut off", html);
    }

    [Fact]
    public void No_bar_is_cut_off_where_none_is_far_larger()
    {
        string html = Write([.. new[] { 0.8, 0.4, 1.6 }.Select((error, i) => Layer($"layer{i}") with { RelativeError = error })], null);

        Assert.All(Charts(html), chart => Assert.Empty(Gaps(chart)));
        Assert.DoesNotContain("cut off", html);
    }

    [Fact]
    public void Both_times_of_a_layer_stay_in_proportion_unless_the_layer_takes_far_longer_than_others()
    {
        LayerReport layer = Layer("layer") with { MillisecondsBefore = 0.9, MillisecondsAfter = 0.1 };
        LayerReport[] layers = [.. Enumerable.Range(0, 5).Select(i => layer with { Name = $"layer{i}" })];

        XElement even = Charts(Write(layers, null))[1];
        XElement uneven = Charts(Write([layers[0] with { MillisecondsBefore = 19.05 }, .. layers[1..]], null))[1];

        Assert.Empty(Gaps(even));
        double[][] gap = Points(Assert.Single(Gaps(uneven)));
        Assert.All([even, uneven], chart => Assert.Equal(9, Number(Bars(chart)[1], "width") / Number(Bars(chart)[6], "width"), 0.1));
        XElement cut = Bars(uneven)[0];
        Assert.All(gap, point => Assert.InRange(point[1], Number(cut, "y") - 0.01, Number(cut, "y") + Number(cut, "height") + 0.01));
        AssertShows(uneven, "19.05");
    }

    [Fact]
    public void A_page_on_a_telephone_has_its_width_and_readable_text()
    {
        // What a page that is 390 wide has between its margins of 15.
        const double Page = 360, Readable = 9.5;
        LayerReport[] layers =
        [
            .. Enumerable.Range(0, 19).Select(i => Layer($"stage{i % 3}.{i % 10}.branch2.3") with { RelativeError = 1.234 + i }),
        ];

        string html = Write(layers, Agree(85, 81));

        Assert.Contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">", html);
        Assert.Matches(@"svg \{[^}]*width: 100%;[^}]*height: auto;", html);
        Assert.Matches(@"\.wide \{ overflow-x: auto; \}", html);
        Assert.Matches("<div class=\"wide\"[^>]*>\n<table>", html);
        foreach (XElement chart in Charts(html))
        {
            double width = double.Parse(((string)chart.Attribute("viewBox")!).Split(' ')[2], CultureInfo.InvariantCulture);
            XElement[] texts = [.. chart.Elements().Where(element => element.Name.LocalName == "text")];
            Assert.All(texts, text => Assert.InRange(Number(text, "font-size") * Page / width, Readable, 14));
            IEnumerable<XElement> level = texts.Where(text => !((string)text.Attribute("transform")!).Contains("rotate"));
            (XElement Text, double Left, double Right)[] spans = [.. level.Select(Span)];
            Assert.All(spans, span => Assert.True(span.Left >= 0 && span.Right <= width, span.Text.ToString()));
            Assert.All(spans.GroupBy(span => Position(span.Text).Y), line =>
            {
                (XElement Text, double Left, double Right)[] sorted = [.. line.OrderBy(span => span.Left)];
                Assert.All(
                    sorted.Zip(sorted[1..]),
                    pair => Assert.True(pair.First.Right < pair.Second.Left, $"{pair.First.Text} {pair.Second.Text}"));
            });
        }
    }

    [Fact]
    public void Light_and_dark_screens_have_colours_of_their_own_with_contrast()
    {
        string html = Write([Layer("small"), Layer("huge") with { RelativeError = 19.05 }], Agree(85, 81));

        string[] style = html[..html.IndexOf("</style>", StringComparison.Ordinal)].Split("@media (prefers-color-scheme: dark)");
        Assert.Equal(2, style.Length);
        Assert.Contains("color-scheme: light dark", style[0]);
        Assert.Contains("color: var(--ink); background: var(--paper)", style[1]);
        Dictionary<string, double> light = Luminances(style[0]), dark = Luminances(style[1]);
        Assert.Equal(light.Keys, dark.Keys);
        Assert.True(light["paper"] > 0.9 && dark["paper"] < 0.05);
        foreach (Dictionary<string, double> screen in (Dictionary<string, double>[])[light, dark])
        {
            Assert.InRange(Contrast(screen["ink"], screen["paper"]), 7, 21);
            Assert.All(["first", "second"], fill => Assert.InRange(Contrast(screen[fill], screen["paper"]), 3, 21));
            Assert.InRange(Contrast(screen["grid"], screen["paper"]), 1.15, 3);
        }

        // No other colour is anywhere, but in lines without a width.
        string page = Variable().Replace(html, "");
        Assert.DoesNotMatch(@"#[0-9a-fA-F]{3}|rgb|hsl", page);
        XElement[] drawn = [.. Charts(html).SelectMany(chart => chart.Descendants())];
        Assert.All(drawn.Select(element => (string?)element.Attribute("fill")).OfType<string>(), fill => Assert.StartsWith("var(--", fill));
        Assert.All(
            drawn.Select(element => (string?)element.Attribute("style")).OfType<string>(),
            text => Assert.Matches("^fill:(none|var[^;]*);stroke:(none|var[^;]*|black;stroke-width:0$)", text));
        Assert.All(VariableUse().Matches(html).Select(match => match.Groups[1].Value), name => Assert.Contains(name, light.Keys));
    }

    [Fact]
    public void The_page_tells_how_its_times_were_measured()
    {
        string html = Write([Layer("small")], null);

        string[] rows =
        [
            "<td>date</td><td>2026-01-02 03:04 UTC</td>", "<td>version</td><td>dw 7.8.9</td>", "<td>CPU</td><td>A &lt;fast&gt; CPU</td>",
            "<td>logical processors</td><td>12</td>", "<td>instruction set</td><td>neon</td>", "<td>threads</td><td>1</td>",
            "<td>operating system</td><td>Some Linux, Arm64</td>", "<td>runtime</td><td>.NET 10</td>",
        ];
        Assert.All(rows, row => Assert.Contains(row, html));
    }

    [Fact]
    public void Hostile_names_are_text()
    {
        const string Name = "</text></svg><script>alert(\"1\")</script>&amp;'";

        string html = Write([Layer(Name), Layer("bell\a")], Agree(85, 81));

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        XElement[] charts = Charts(html);
        Assert.Equal(3, charts.Length);
        Assert.All(charts[1..], chart => AssertShows(chart, Name, "bell\uFFFD"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, 0.1)]
    [InlineData(1e-30, 1e30)]
    public void Unusual_numbers_do_not_stop_the_report(double first, double second)
    {
        LayerReport layer =
            Layer("odd") with { RelativeError = first, ResponseError = second, MillisecondsBefore = first, MillisecondsAfter = second };

        XElement[] charts = Charts(Write([layer, Layer("even")], Agree(100, 0)));

        Assert.Equal(3, charts.Length);
        Assert.All(charts[1..], chart => AssertShows(chart, "odd", "even"));
        Assert.All(charts.SelectMany(chart => chart.Descendants()).Attributes(),
            attribute => Assert.DoesNotContain("NaN", attribute.Value));
    }

    [Fact]
    public void Both_points_are_labelled_with_accuracy_and_time()
    {
        XElement chart = Charts(Write([Layer("stage2.0.branch1.0")], Agree(85, 81)))[0];

        AssertShows(chart, "before: 85.00 %, 2.000 ms", "after: 81.00 %, 0.500 ms");
        XElement[] points = [.. chart.Elements().Where(element => element.Name.LocalName == "ellipse")];
        Assert.Equal(2, points.Length);
        Assert.True(Number(points[0], "cx") > Number(points[1], "cx") && Number(points[0], "cy") < Number(points[1], "cy"));
    }

    [Theory]
    [InlineData(85, 81)]
    [InlineData(100, 0)]
    [InlineData(12, 12)]
    public void The_axis_of_accuracy_spans_little_more_than_the_points(int before, int after)
    {
        XElement chart = Charts(Write([Layer("stage2.0.branch1.0")], Agree(before, after)))[0];

        double[] heights = [.. chart.Elements().Where(element => element.Name.LocalName == "ellipse").Select(point => Number(point, "cy"))];
        double bottom = double.Parse(((string)chart.Attribute("viewBox")!).Split(' ')[3], CultureInfo.InvariantCulture);
        Assert.All(heights, height => Assert.InRange(height, 20, bottom - 40));
        Assert.InRange(heights.Max() - heights.Min(), before == after ? 0 : 140, before == after ? 0 : 300);
        Assert.Equal(after > 2 || before == after, Texts(chart).Contains("top-1, % (not from 0)"));
        Assert.All(Texts(chart), text => Assert.DoesNotContain(text, (string[])["-50", "120", "150"]));
    }

    [Fact]
    public void The_table_tells_the_decision_first_and_is_blank_for_what_was_not_done()
    {
        LayerReport left = Layer("conv") with { Decision = LayerDecision.LeftAlone, Reason = "not chosen", MillisecondsAfter = null };

        string html = Write([Layer("stage2.0.branch1.0") with { MultiplyAddsBefore = 1_470_000, ParametersBefore = 5_900 }, left], null);

        Assert.Contains("<th>layer</th><th>decision</th><th>shape</th>", html);
        Assert.Contains("<td>stage2.0.branch1.0</td><td>decomposed</td><td>8x8x3x3</td><td>joint</td><td>1</td>", html);
        Assert.Contains("<td>1.47 M</td><td>0.00 M</td><td>5.9 k</td>", html);
        Assert.Contains("<td>conv</td><td>left: not chosen</td><td>8x8x3x3</td><td></td><td></td>", html);
        Assert.Contains("Energy: the share", html[html.IndexOf("<td>conv</td>", StringComparison.Ordinal)..]);
        Assert.Contains("<td>command</td><td>dw decompose &#39;my model.pth&#39;</td>", html);
        Assert.Contains("<td>seed</td><td>7</td>", html);
        Assert.Contains("A note.", html);
    }

    private static string Write(LayerReport[] layers, Agreement? comparison) =>
        HtmlReport.Write(FixedReports.Decompose(layers, comparison));

    private static LayerReport Layer(string name) => FixedReports.Layer(name);

    private static Agreement Agree(int first, int second) => FixedReports.Agree(first, second);

    private static XElement[] Charts(string html) => [.. Chart().Matches(html).Select(match => XElement.Parse(match.Value))];

    private static string Label(XElement chart) => (string)chart.Attribute("aria-label")!;

    private static void AssertShows(XElement chart, params string[] texts) =>
        Assert.All(texts, text => Assert.Contains(text, Texts(chart)));

    private static IEnumerable<string> Texts(XElement chart) =>
        chart.Elements().Where(element => element.Name.LocalName == "text").Select(text => text.Value);

    // Legends and frames have rectangles too, but no bar's height and fill.
    private static XElement[] Bars(XElement chart) =>
    [
        .. chart.Elements().Where(element =>
            element.Name.LocalName == "rect" && !((string)element.Attribute("style")!).Contains("fill:none")
                && Number(element, "height") > 12),
    ];

    private static XElement[] Gaps(XElement chart) =>
    [
        .. chart.Elements().Where(element =>
            element.Name.LocalName == "polyline" && ((string)element.Attribute("style")!).Contains("stroke:var(--paper)")),
    ];

    private static double[][] Points(XElement line) =>
    [
        .. ((string)line.Attribute("points")!).Split(' ')
            .Select(point => point.Split(',').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray()),
    ];

    private static (XElement Text, double Left, double Right) Span(XElement text)
    {
        double width = text.Value.Length * CharacterWidth * Number(text, "font-size"), x = Position(text).X;
        double left = (string?)text.Attribute("text-anchor") switch { "end" => x - width, "middle" => x - (width / 2), _ => x };
        return (text, left, left + width);
    }

    private static Dictionary<string, double> Luminances(string style) => Variable().Matches(style).ToDictionary(
        match => match.Groups["name"].Value,
        match => (0.2126 * Linear(match.Groups["r"].Value))
            + (0.7152 * Linear(match.Groups["g"].Value))
            + (0.0722 * Linear(match.Groups["b"].Value)));

    // As the Web Content Accessibility Guidelines define both.
    private static double Linear(string channel)
    {
        double value = double.Parse(channel, CultureInfo.InvariantCulture) / 255;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }

    private static double Contrast(double one, double other) => (Math.Max(one, other) + 0.05) / (Math.Min(one, other) + 0.05);

    private static double Number(XElement element, string attribute) =>
        double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);

    private static (double X, double Y) Position(XElement text)
    {
        string[] numbers = ((string)text.Attribute("transform")!)["translate(".Length..].TrimEnd(')').Split(',');
        return (double.Parse(numbers[0], CultureInfo.InvariantCulture), double.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"--(?<name>\w+): rgb\((?<r>\d+),(?<g>\d+),(?<b>\d+)\);")]
    private static partial Regex Variable();

    [GeneratedRegex(@"var\(--(\w+)\)")]
    private static partial Regex VariableUse();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Chart();
}
