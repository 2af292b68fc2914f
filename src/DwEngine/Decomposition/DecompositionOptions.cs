namespace DwEngine.Decomposition;

/// <summary>How a network is decomposed.</summary>
public sealed record DecompositionOptions
{
    /// <summary>The default: every layer but the stem, by weights alone, one filter for each channel.</summary>
    public static DecompositionOptions Default { get; } = new();

    /// <summary>The method's name, see <see cref="DecompositionMethods"/>.</summary>
    public string Method { get; init; } = "svd";

    /// <summary>
    /// Depthwise filters for each input channel, T, at least 1. Layers that are exact with fewer, min(n, q), get no more than these.
    /// </summary>
    public int Rank { get; init; } = 1;

    /// <summary>
    /// Which layers to decompose, by the name of the regular convolution's node. Null for all but those that read the network's input: a stem has few
    /// channels, and no 1x1 convolution follows it that the pair could take in.
    /// </summary>
    public Func<string, bool>? Layers { get; init; }
}
