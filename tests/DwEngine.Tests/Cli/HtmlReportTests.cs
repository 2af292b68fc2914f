using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using DwEngine.Cli.Commands;
using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Cli.Reports;
using DwEngine.Decomposition;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Tests.Cli;

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
        XAttribute[] attributes = [.. charts.SelectMany(chart => chart.DescendantsAndSelf()).Attributes().Where(attribute => attribute.Name != "xmlns")];
        Assert.All(attributes, attribute => Assert.DoesNotContain(attribute.Name.LocalName, (string[])["href", "src", "id"]));
        Assert.All(attributes, attribute => Assert.All((string[])["http", "//", "url("], link => Assert.DoesNotContain(link, attribute.Value)));
        string page = Chart().Replace(html, "");
        Assert.All((string[])["http", "//", "src=", "href", "<script", "url(", "@import"], link => Assert.DoesNotContain(link, page));
    }

    [Fact]
    public void Without_data_and_times_only_the_errors_of_the_weights_are_drawn()
    {
        LayerReport layer = Layer("stage2.0.branch1.0") with { ResponseError = null, MillisecondsBefore = null, MillisecondsAfter = null };

        XElement chart = Assert.Single(Charts(Write([layer], null)));

        Assert.Equal(Error, Label(chart));
        AssertShows(chart, "of the weights (without data)", "stage2.0.branch1.0");
        Assert.DoesNotContain("of the responses (on data)", Texts(chart));
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
            Assert.All(labels, label => Assert.InRange(Position(label).X, label.Value.Length * CharacterWidth * Number(label, "font-size"), 300));
            double[] lines = [.. labels.Select(label => Position(label).Y)];
            Assert.All(lines.Zip(lines.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, Number(labels[0], "font-size") * 1.2, 100));
            XElement[] bars = Bars(chart);
            Assert.Equal(2 * count, bars.Length);
            Assert.All(labels, label => Assert.Equal(2, bars.Count(bar => Math.Abs(Number(bar, "y") + (Number(bar, "height") / 2) - Position(label).Y) < 10)));
            double bottom = double.Parse(((string)chart.Attribute("viewBox")!).Split(' ')[3], CultureInfo.InvariantCulture);
            Assert.InRange(lines[^1], 0, bottom - Number(labels[0], "font-size"));
        }
    }

    [Fact]
    public void A_huge_error_of_the_weights_hides_no_error_of_the_responses()
    {
        LayerReport huge = Layer("huge") with { RelativeError = 19, ResponseError = 0.3 };
        LayerReport small = Layer("small") with { RelativeError = 0.9, ResponseError = 0.02 };

        double[] widths = [.. Bars(Charts(Write([huge, small], null))[0]).Select(bar => Number(bar, "width"))];

        Assert.Equal(4, widths.Length);
        Assert.All(widths, width => Assert.InRange(width, 10, 400));
        Assert.Equal(19 / 0.9, widths[0] / widths[1], 0.1);
        Assert.Equal(0.3 / 0.02, widths[2] / widths[3], 0.1);
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
        LayerReport layer = Layer("odd") with { RelativeError = first, ResponseError = second, MillisecondsBefore = first, MillisecondsAfter = second };

        XElement[] charts = Charts(Write([layer, Layer("even")], Agree(100, 0)));

        Assert.Equal(3, charts.Length);
        Assert.All(charts[1..], chart => AssertShows(chart, "odd", "even"));
        Assert.All(charts.SelectMany(chart => chart.Descendants()).Attributes(), attribute => Assert.DoesNotContain("NaN", attribute.Value));
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

    private static string Write(LayerReport[] layers, Agreement? comparison)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 4, 4));
        return HtmlReport.Write(new DecomposeReport
        {
            Model = "model.pth",
            Output = "small.safetensors",
            Metadata = ModelMetadata.ImageNet,
            Decomposition = new NetworkDecomposition(x.Builder.Build(x.Relu()), [.. layers])
            {
                MultiplyAddsBefore = 20,
                MultiplyAddsAfter = 10,
                ParametersBefore = 20,
                ParametersAfter = 10,
            },
            Input = InputDescription.Of(ModelMetadata.ImageNet),
            Use = new CalibrationUse("joint", 100, "A note."),
            Settings = new DecomposeSettings { Arguments = ["decompose", "my model.pth"], Method = "joint", Rank = 1, Seed = 7 },
            MillisecondsBefore = 2,
            MillisecondsAfter = 0.5,
            Comparison = comparison,
        });
    }

    private static LayerReport Layer(string name) => new(name, new Shape(8, 8, 3, 3), 1, "joint", 1, LayerDecision.Decomposed, "for a test")
    {
        RelativeError = 0.9,
        ResponseError = 0.1,
        MillisecondsBefore = 0.4,
        MillisecondsAfter = 0.1,
        MultiplyAddsBefore = 2,
        MultiplyAddsAfter = 1,
        ParametersBefore = 2,
        ParametersAfter = 1,
    };

    private static Agreement Agree(int first, int second) => new()
    {
        Sample = new Sample(
            new EvaluationImages
            {
                Directory = "images",
                Images = [],
                Found = 100,
                Classes = ["a"],
                Match = ClassMatch.Name,
                Warnings = [],
            },
            100,
            1,
            []),
        Error = 0.01,
        Agreeing = 90,
        FirstHits = first,
        SecondHits = second,
        LargestDifference = 0.5,
        FirstMilliseconds = 2,
        SecondMilliseconds = 0.5,
    };

    private static XElement[] Charts(string html) => [.. Chart().Matches(html).Select(match => XElement.Parse(match.Value))];

    private static string Label(XElement chart) => (string)chart.Attribute("aria-label")!;

    private static void AssertShows(XElement chart, params string[] texts) => Assert.All(texts, text => Assert.Contains(text, Texts(chart)));

    private static IEnumerable<string> Texts(XElement chart) => chart.Elements().Where(element => element.Name.LocalName == "text").Select(text => text.Value);

    // Legends and frames have rectangles too, but no bar's height and fill.
    private static XElement[] Bars(XElement chart) =>
    [
        .. chart.Elements().Where(element =>
            element.Name.LocalName == "rect" && !((string)element.Attribute("style")!).Contains("fill:none") && Number(element, "height") > 12),
    ];

    private static double Number(XElement element, string attribute) => double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);

    private static (double X, double Y) Position(XElement text)
    {
        string[] numbers = ((string)text.Attribute("transform")!)["translate(".Length..].TrimEnd(')').Split(',');
        return (double.Parse(numbers[0], CultureInfo.InvariantCulture), double.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Chart();
}
