using System.Globalization;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>What bounds a run.</summary>
/// <param name="GigaMacs">10^9 multiply-adds in a second.</param>
/// <param name="PlaneGigaBytes">10^9 bytes in a second that the core takes from the cache that holds activations. All that it reads comes by this way.</param>
/// <param name="WeightGigaBytes">10^9 bytes in a second that it takes from where the weights are.</param>
internal sealed record Ceilings(double GigaMacs, double PlaneGigaBytes, double WeightGigaBytes)
{
    /// <summary>Microseconds that the multiply-adds take at least.</summary>
    public double Computing(LayerWork work) => work.MultiplyAdds / GigaMacs / 1e3;

    /// <summary>Microseconds that the bytes take at least: the weights on their way to the core's own cache, and all bytes on their way from there.</summary>
    public double Moving(LayerWork work) =>
        Math.Max(work.WeightBytes / WeightGigaBytes, (work.WeightBytes + work.PlaneBytes) / PlaneGigaBytes) / 1e3;

    /// <summary>The larger of the two.</summary>
    public double Roof(LayerWork work) => Math.Max(Computing(work), Moving(work));
}

/// <summary>Steps with the same work, as a row of the table; all figures are sums over them.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Steps">The steps, and the microseconds that each took.</param>
internal sealed record RooflineRow(string Name, IReadOnlyList<(LayerWork Work, double Measured)> Steps)
{
    private const int Columns = 10;

    /// <summary>The heading and the line below it.</summary>
    public static string Heading =>
        "| layers | count | multiply-adds, 10^6 | bytes, KiB | at the peak, us | at the bandwidth, us | roof, us | measured, us | above the roof, us | roof / measured |\n"
        + $"|---|{string.Concat(Enumerable.Repeat("---:|", Columns - 1))}";

    /// <summary>Rows of equal steps in the order of their first ones, and the total.</summary>
    public static IEnumerable<RooflineRow> Of(IReadOnlyList<(LayerWork Work, double Measured)> steps) =>
        steps.GroupBy(step => (step.Work.Place, step.Work.Kind)).Select(group => new RooflineRow(NameOf([.. group.Select(step => step.Work)]), [.. group]))
            .Append(new RooflineRow("total", steps));

    /// <summary>The row as Markdown.</summary>
    public string ToMarkdown(Ceilings ceilings)
    {
        double roof = Steps.Sum(step => ceilings.Roof(step.Work)), measured = Steps.Sum(step => step.Measured);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {Name} | {Steps.Count} | {Steps.Sum(step => step.Work.MultiplyAdds) / 1e6:f2} | {Steps.Sum(step => step.Work.WeightBytes + step.Work.PlaneBytes) / 1024.0:f0} "
            + $"| {Steps.Sum(step => ceilings.Computing(step.Work)):f1} | {Steps.Sum(step => ceilings.Moving(step.Work)):f1} "
            + $"| {roof:f1} | {measured:f1} | {measured - roof:f1} | {roof / measured * 100:f0} % |");
    }

    private static string NameOf(LayerWork[] works)
    {
        int[] units = [.. works.Select(work => work.Unit).OfType<int>().Distinct().Order()];
        string range = units.Length == 0 ? "" : units.Length == 1 ? $".{units[0]}" : $".{units[0]}-{units[^1]}";
        return $"{works[0].Place}{range} {works[0].Kind}";
    }
}
