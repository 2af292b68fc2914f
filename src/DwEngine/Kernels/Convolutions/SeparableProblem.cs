namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// A depthwise convolution between two dense ones, of which one may be missing: the block of MobileNet V2, where the first one expands the
/// channels and the last one projects them back, the pair of MobileNet V1, or the beginning of either.
/// </summary>
/// <param name="Expansion">The convolution before it, 1x1 or with a stride, without a residual; or null.</param>
/// <param name="Depthwise">The depthwise convolution, without a residual.</param>
/// <param name="Projection">The 1x1 convolution after it, which may have a residual; or null.</param>
internal sealed record SeparableProblem(ConvolutionProblem? Expansion, ConvolutionProblem Depthwise, ConvolutionProblem? Projection)
{
    // Where what lies between the convolutions fits beside the weights in the second-level cache, nothing is gained.
    private const long LeastBytes = 512 * 1024;

    // A worker computes rows of the expansion again that another has, too.
    private const int LeastRows = 7;

    /// <summary>How many workers the rows are cut for.</summary>
    public int Workers => Depthwise.Workers;

    /// <summary>Images.</summary>
    public int Batch => Depthwise.Batch;

    /// <summary>Channels of the input.</summary>
    public int InputChannels => (Expansion ?? Depthwise).Geometry.InputChannels;

    /// <summary>Channels of the output.</summary>
    public int OutputChannels => (Projection ?? Depthwise).Geometry.OutputChannels;

    /// <summary>Whether planes of the output's shape, which follow the planes of the input, are added to the last sums.</summary>
    public bool HasResidual => Projection is { HasResidual: true };

    /// <summary>
    /// Whether it is faster to compute them together, a few rows at a time: so much lies between them that it would leave the caches.
    /// </summary>
    public bool Pays
    {
        get
        {
            ConvolutionGeometry geometry = Depthwise.Geometry;
            long expanded = Expansion is null ? 0 : (long)geometry.InputHeight * geometry.InputWidth;
            long between = Projection is null ? expanded : Math.Max(expanded, (long)geometry.OutputHeight * geometry.OutputWidth);
            return between * geometry.OutputChannels * sizeof(float) >= LeastBytes && geometry.OutputHeight / Workers >= LeastRows;
        }
    }
}
