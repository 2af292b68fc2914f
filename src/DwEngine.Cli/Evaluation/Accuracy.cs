namespace DwEngine.Cli.Evaluation;

/// <summary>How often a network is right.</summary>
/// <param name="Sample">The images, at least one.</param>
/// <param name="Top1Hits">Images whose class is the first answer.</param>
/// <param name="Top5Hits">Images whose class is among the first five answers.</param>
internal sealed record Accuracy(Sample Sample, int Top1Hits, int Top5Hits)
{
    /// <summary>In percent.</summary>
    public double Top1 => 100.0 * Top1Hits / Sample.Images;

    /// <summary>In percent.</summary>
    public double Top5 => 100.0 * Top5Hits / Sample.Images;
}
