namespace DwEngine.Cli.Reports;

/// <summary>How far an axis of bars goes: so far that a few values which are far above the others do not crush these.</summary>
internal readonly struct BarScale
{
    // A value is far above the others if it is that many times what a quarter of all values reach.
    private const double FarAbove = 5;

    // A bar that is cut off is so much longer than the longest that is not.
    private const double Excess = 1.15;

    /// <summary>Finds the scale for values, of which infinite ones are far above all finite ones.</summary>
    public BarScale(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(value => !double.IsNaN(value)).OrderDescending()];
        int quarter = (sorted.Length + 3) / 4;
        CutOff = double.PositiveInfinity;
        if (quarter < sorted.Length && sorted[quarter] is > 0 and < double.PositiveInfinity)
        {
            double cutOff = Excess * sorted.First(value => value <= FarAbove * sorted[quarter]);
            CutOff = sorted[0] > cutOff ? cutOff : double.PositiveInfinity;
        }
    }

    /// <summary>Where bars of larger values end; infinite where there is no such value.</summary>
    public double CutOff { get; }

    /// <summary>Whether the bar of a value is cut off.</summary>
    public bool Cuts(double value) => value > CutOff;

    /// <summary>How long the bar of a value is.</summary>
    public double LengthOf(double value) => Math.Min(value, CutOff);
}
