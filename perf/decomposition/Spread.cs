namespace DwEngine.DecompositionExperiments;

/// <summary>How figures of several seeds are printed.</summary>
internal static class Spread
{
    public const string Meaning = "mean of the seeds \u00b1 half of what lies between the lowest and the highest";

    /// <summary>The mean and the spread, or the figure alone where there is one seed.</summary>
    public static string Of(IEnumerable<double> values, int digits)
    {
        double[] all = [.. values];
        string mean = MarkdownTable.Fixed(all.Average(), digits);
        return all.Length == 1 ? mean : $"{mean} \u00b1 {MarkdownTable.Fixed((all.Max() - all.Min()) / 2, digits)}";
    }
}
