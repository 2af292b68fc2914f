using System.Globalization;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>Steps with the same work, as a row of the table; all figures are sums over them.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Steps">The steps.</param>
internal sealed record RooflineRow(string Name, IReadOnlyList<MeasuredStep> Steps)
{
    private const int Columns = 11;

    /// <summary>The heading and the line below it.</summary>
    public static string Heading =>
        "| layers | count | multiply-adds, 10^6 | bytes, KiB | at the peak, us | at the bandwidth, us | roof, us | measured, us | above "
            + "the roof, us | roof / measured | kernel alone, us |\n"
        + $"|---|{string.Concat(Enumerable.Repeat("---:|", Columns - 1))}";

    /// <summary>Rows of equal steps in the order of their first ones, and the total.</summary>
    public static IEnumerable<RooflineRow> Of(IReadOnlyList<MeasuredStep> steps) =>
        steps.GroupBy(step => (step.Work.Place, step.Work.Kind)).Select(
            group => new RooflineRow(NameOf([.. group.Select(step => step.Work)]), [.. group]))
            .Append(new RooflineRow("total", steps));

    /// <summary>The row as Markdown.</summary>
    public string ToMarkdown(Ceilings ceilings)
    {
        double roof = Steps.Sum(step => ceilings.Roof(step.Work)), measured = Steps.Sum(step => step.InRun);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {Name} | {Steps.Count} | {Steps.Sum(step => step.Work.MultiplyAdds) / 1e6:f2} | "
                + $"{Steps.Sum(step => step.Work.WeightBytes + step.Work.PlaneBytes) / 1024.0:f0} "
            + $"| {Steps.Sum(step => ceilings.Computing(step.Work)):f1} | {Steps.Sum(step => ceilings.Moving(step.Work)):f1} "
            + $"| {roof:f1} | {measured:f1} | {measured - roof:f1} | {roof / measured * 100:f0} % | {Steps.Sum(step => step.Alone):f1} |");
    }

    private static string NameOf(LayerWork[] works)
    {
        int[] units = [.. works.Select(work => work.Unit).OfType<int>().Distinct().Order()];
        string range = units.Length == 0 ? "" : units.Length == 1 ? $".{units[0]}" : $".{units[0]}-{units[^1]}";
        return $"{works[0].Place}{range} {works[0].Kind}";
    }
}
