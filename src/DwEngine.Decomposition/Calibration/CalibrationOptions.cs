using DwEngine.Runtime;

namespace DwEngine.Decomposition.Calibration;

/// <summary>How images are turned into samples and statistics.</summary>
public sealed record CalibrationOptions
{
    private const int SampleShare = 4, StatisticsShare = 2;

    /// <summary>The default.</summary>
    public static CalibrationOptions Default { get; } = new();

    /// <summary>Output positions that are sampled of each layer at most, over all images.</summary>
    public int PositionsPerLayer { get; init; } = 1 << 16;

    /// <summary>Output positions that are sampled of each layer and image at most; null for all that the other bounds leave.</summary>
    public int? PositionsPerImage { get; init; }

    /// <summary>Decides, with the layer's name and the image's number, which positions are sampled.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The first image's number, above 0 where others were counted before, so that statistics gathered in parts are those of all images at
    /// once.
    /// </summary>
    public long FirstImage { get; init; }

    /// <summary>
    /// Bytes that activations, samples and statistics may take together. Activations that do not fit are computed again; positions that do
    /// not fit are left out.
    /// </summary>
    public long Memory { get; init; } = 2L << 30;

    /// <summary>Threads, 1 to <see cref="SessionOptions.MaxThreads"/>. The result does not depend on it.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, SessionOptions.MaxThreads);

    /// <summary>Bytes for the activations of one network: two are held where both the original and the decomposed network run.</summary>
    internal long ActivationBytes => Memory / 8;

    /// <summary>Bytes for the samples of a layer.</summary>
    internal long SampleBytes => Memory / SampleShare;

    /// <summary>Bytes for the statistics of a layer and what is computed from them.</summary>
    internal long StatisticsBytes => Memory / StatisticsShare;

    /// <summary>The bound of which <see cref="SampleBytes"/> are that many.</summary>
    internal static long MemoryForSamples(long bytes) => checked(bytes * SampleShare);

    /// <summary>The bound of which <see cref="StatisticsBytes"/> are that many.</summary>
    internal static long MemoryForStatistics(long bytes) => checked(bytes * StatisticsShare);

    internal void Validate()
    {
        bool isValid = PositionsPerLayer > 0 && PositionsPerImage is null or > 0 && FirstImage >= 0 && Memory > 0
            && Threads is > 0 and <= SessionOptions.MaxThreads;
        if (!isValid)
        {
            throw new DecompositionException(
                $"Positions, memory and threads must be above zero, threads at most {SessionOptions.MaxThreads}, the first image at "
                    + $"least zero; found {this}.");
        }
    }
}
