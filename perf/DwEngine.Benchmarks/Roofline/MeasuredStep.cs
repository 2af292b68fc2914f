namespace DwEngine.Benchmarks.Roofline;

/// <summary>A step of a run and its times in microseconds.</summary>
/// <param name="Work">What it has to do.</param>
/// <param name="InRun">Its time in runs of the whole network.</param>
/// <param name="Alone">The time of its kernel, run again and again on one thread.</param>
internal sealed record MeasuredStep(LayerWork Work, double InRun, double Alone);
