using System.Globalization;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Cli.Output;

/// <summary>Numbers and names as text, the same in every locale.</summary>
internal static class Format
{
    /// <summary>With that many decimals.</summary>
    public static string Fixed(double value, int decimals) => value.ToString($"F{decimals}", CultureInfo.InvariantCulture);

    /// <summary>The shortest form that tells it to six digits.</summary>
    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A small number with four decimals, or what three digits tell of a smaller one.</summary>
    public static string Small(double value) =>
        value is 0 or >= 0.001 ? Fixed(value, 4) : value.ToString("0.00E+0", CultureInfo.InvariantCulture);

    /// <summary>A whole number in groups of three digits.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>In millions, with two decimals.</summary>
    public static string Millions(long value) => Fixed(value / 1e6, 2) + " M";

    /// <summary>In thousands, with one decimal.</summary>
    public static string Thousands(long value) => Fixed(value / 1e3, 1) + " k";

    /// <summary>A share of 0 to 1 in percent, with two decimals.</summary>
    public static string Percent(double share) => Fixed(share * 100, 2) + " %";

    /// <summary>Milliseconds with three decimals.</summary>
    public static string Milliseconds(double value) => Fixed(value, 3) + " ms";

    /// <summary>Several numbers with commas, shortest form that reads back the same.</summary>
    public static string Numbers(IEnumerable<float> values) =>
        string.Join(", ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>The first of some names in quotes, and how many more there are.</summary>
    public static string Names(IReadOnlyCollection<string> names, int shown = 5) =>
        string.Join(", ", names.Take(shown).Select(name => $"'{name}'"))
         + (names.Count > shown ? $" and {Count(names.Count - shown)} more" : "");

    /// <summary>Inputs of a network with their names, shapes and types.</summary>
    public static string Inputs(IEnumerable<SessionValue> inputs) =>
        string.Join(", ", inputs.Select(input => $"{input.Name} {input.Shape} of {input.Type.ToString().ToLowerInvariant()}"));

    /// <summary>The shapes of all outputs of a layer.</summary>
    public static string Shapes(IEnumerable<Shape> shapes) => string.Join(" + ", shapes);

    /// <summary>An instruction set as <c>--isa</c> names it.</summary>
    public static string Name(Isa isa) => isa.ToString().ToLowerInvariant();
}
