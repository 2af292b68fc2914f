using System.Globalization;
using System.Text;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Values as Python writes them.</summary>
internal static class Python
{
    /// <summary>A number that is read back to the same float.</summary>
    public static string Number(float value) => Number(value, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A number that is read back to the same double.</summary>
    public static string Number(double value) => Number(value, value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary>A tuple of numbers.</summary>
    public static string Tuple(params IEnumerable<int> values)
    {
        string[] texts = [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))];
        return texts.Length == 1 ? $"({texts[0]},)" : $"({string.Join(", ", texts)})";
    }

    /// <summary>A list of numbers.</summary>
    public static string List(params IEnumerable<int> values) => $"[{string.Join(", ", values)}]";

    /// <summary>Two numbers, or one where they are equal.</summary>
    public static string Pair(int y, int x) => y == x ? $"{y}" : $"({y}, {x})";

    /// <summary>A truth value.</summary>
    public static string Bool(bool value) => value ? "True" : "False";

    /// <summary>Text in quotes.</summary>
    public static string Text(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char letter in text)
        {
            quoted.Append(letter is '"' or '\\' ? $"\\{letter}" : letter is < ' ' or > '~' ? $"\\u{(int)letter:x4}" : letter);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>An element type.</summary>
    public static string Type(ElementType type) => "torch." + type.ToString().ToLowerInvariant();

    private static string Number(double value, string text) => double.IsNaN(value) ? "float(\"nan\")"
        : double.IsInfinity(value) ? $"float(\"{(value < 0 ? "-" : "")}inf\")"
        : text.Contains('E', StringComparison.Ordinal) || text.Contains('.', StringComparison.Ordinal) ? text.Replace("E", "e")
        : text + ".0";
}
