using System.Globalization;
using OxyPlot;

namespace DwEngine.Cli.Reports;

/// <summary>The colours of a page and its charts, for light screens and for dark ones. Charts are drawn in the light ones.</summary>
internal static class Palette
{
    /// <summary>Text.</summary>
    public static OxyColor Ink => s_colours[0].Light;

    /// <summary>What is written on.</summary>
    public static OxyColor Paper => s_colours[1].Light;

    /// <summary>Lines behind the data.</summary>
    public static OxyColor Grid => s_colours[2].Light;

    /// <summary>Fills, in the order of what they stand for.</summary>
    public static IReadOnlyList<OxyColor> Fills => [s_colours[3].Light, s_colours[4].Light];

    /// <summary>Lines, the most important first.</summary>
    public static IReadOnlyList<OxyColor> Lines => [s_colours[4].Light, s_colours[3].Light, s_colours[5].Light];

    private static readonly (string Name, OxyColor Light, OxyColor Dark)[] s_colours =
    [
        ("ink", OxyColor.FromRgb(0x1c, 0x24, 0x30), OxyColor.FromRgb(0xe3, 0xe8, 0xef)),
        ("paper", OxyColor.FromRgb(0xff, 0xff, 0xff), OxyColor.FromRgb(0x14, 0x18, 0x1f)),
        ("grid", OxyColor.FromRgb(0xdd, 0xe2, 0xea), OxyColor.FromRgb(0x36, 0x3f, 0x4c)),
        ("first", OxyColor.FromRgb(0x7d, 0x8b, 0x9f), OxyColor.FromRgb(0x8d, 0x9b, 0xb0)),
        ("second", OxyColor.FromRgb(0x17, 0x69, 0xc2), OxyColor.FromRgb(0x57, 0xa5, 0xf5)),
        ("third", OxyColor.FromRgb(0xb8, 0x5c, 0x16), OxyColor.FromRgb(0xee, 0x9a, 0x55)),
    ];

    /// <summary>The style sheet's variables, of which the reader's screen chooses.</summary>
    public static string Style =>
        $":root {{ color-scheme: light dark; {Variables(colour => colour.Light)} }}\n"
        + $"@media (prefers-color-scheme: dark) {{ :root {{ {Variables(colour => colour.Dark)} }} }}";

    /// <summary>The text of an attribute with a variable in the place of each colour.</summary>
    public static string WithVariables(string attribute) => s_colours.Aggregate(
        attribute, (text, colour) => text.Replace(InSvg(colour.Light), $"var(--{colour.Name})", StringComparison.Ordinal));

    private static string Variables(Func<(string Name, OxyColor Light, OxyColor Dark), OxyColor> choose) => string.Join(
        ' ', s_colours.Select(colour => $"--{colour.Name}: {InSvg(choose(colour))};"));

    private static string InSvg(OxyColor colour) => string.Create(CultureInfo.InvariantCulture, $"rgb({colour.R},{colour.G},{colour.B})");
}
