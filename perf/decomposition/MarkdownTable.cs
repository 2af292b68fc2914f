using System.Globalization;

namespace DwEngine.DecompositionExperiments;

/// <summary>A table that is printed row by row, so that a long experiment shows what it has.</summary>
internal sealed class MarkdownTable
{
    public MarkdownTable(params ReadOnlySpan<string> columns)
    {
        Row(columns);
        Console.WriteLine("|" + string.Concat(Enumerable.Range(0, columns.Length).Select(i => i == 0 ? "---|" : "---:|")));
    }

    public static string Fixed(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public void Row(params ReadOnlySpan<string> cells) => Console.WriteLine($"| {string.Join(" | ", cells!)} |");
}
