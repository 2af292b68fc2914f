namespace DwEngine.Benchmarks.Roofline;

/// <summary>What bounds a run.</summary>
/// <param name="GigaMacs">10^9 multiply-adds in a second.</param>
/// <param name="PlaneGigaBytes">
/// 10^9 bytes in a second that the core takes from the cache that holds activations. All that it reads comes by this way.
/// </param>
/// <param name="WeightGigaBytes">10^9 bytes in a second that it takes from where the weights are.</param>
internal sealed record Ceilings(double GigaMacs, double PlaneGigaBytes, double WeightGigaBytes)
{
    /// <summary>Microseconds that the multiply-adds take at least.</summary>
    public double Computing(LayerWork work) => work.LeastMultiplyAdds / GigaMacs / 1e3;

    /// <summary>
    /// Microseconds that the bytes take at least: the weights on their way to the core's own cache, and all bytes on their way from there.
    /// </summary>
    public double Moving(LayerWork work) =>
        Math.Max(work.WeightBytes / WeightGigaBytes, (work.WeightBytes + work.PlaneBytes) / PlaneGigaBytes) / 1e3;

    /// <summary>The larger of the two.</summary>
    public double Roof(LayerWork work) => Math.Max(Computing(work), Moving(work));
}
