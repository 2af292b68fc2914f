using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>The first layers of a ShuffleNet V2.</summary>
public enum StemKind
{
    /// <summary>3x3 convolution with stride 2, then 3x3 max pooling with stride 2.</summary>
    ImageNet,

    /// <summary>3x3 convolution with stride 1, no pooling.</summary>
    Cifar,
}

/// <summary>
/// What a network's tensors don't tell. A null member is unknown: whoever needs it falls back to
/// torchvision's ImageNet values (<see cref="ImageNet"/>).
/// </summary>
public sealed record ModelMetadata
{
    /// <summary>The largest <see cref="InputSize"/> that a network is built for, in pixels.</summary>
    public const int MaxInputSize = 8192;

    /// <summary>torchvision's ImageNet values: ImageNet stem, 224 x 224, its mean and standard deviation.</summary>
    public static ModelMetadata ImageNet { get; } = new()
    {
        Stem = StemKind.ImageNet,
        InputSize = 224,
        Mean = [0.485f, 0.456f, 0.406f],
        StandardDeviation = [0.229f, 0.224f, 0.225f],
    };

    /// <summary>The architecture's name, such as <c>shufflenet_v2_x1_0</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>Which stem the network has.</summary>
    public StemKind? Stem { get; init; }

    /// <summary>Height and width, in pixels, of the images that the network was made for.</summary>
    public int? InputSize { get; init; }

    /// <summary>Mean of each colour channel (red, green, blue), in units of the full range 0 to 1.</summary>
    public ImmutableArray<float>? Mean { get; init; }

    /// <summary>Standard deviation of each colour channel, in the same units as <see cref="Mean"/>.</summary>
    public ImmutableArray<float>? StandardDeviation { get; init; }

    /// <summary>The classes' names, in the order of the outputs.</summary>
    public ImmutableArray<string>? Labels { get; init; }

    /// <summary>These values where they are known, else those of <paramref name="fallback"/>.</summary>
    public ModelMetadata Or(ModelMetadata fallback) => new()
    {
        Architecture = Architecture ?? fallback.Architecture,
        Stem = Stem ?? fallback.Stem,
        InputSize = InputSize ?? fallback.InputSize,
        Mean = Mean ?? fallback.Mean,
        StandardDeviation = StandardDeviation ?? fallback.StandardDeviation,
        Labels = Labels ?? fallback.Labels,
    };
}

/// <summary>Everything that a weight file holds.</summary>
/// <param name="Tensors">The named tensors.</param>
/// <param name="Metadata">What the file says beside them; all null for formats that carry no metadata.</param>
public sealed record Checkpoint(StateDict Tensors, ModelMetadata Metadata)
{
    /// <summary>
    /// What whoever reads the file should be told: which of several networks was taken, and which tensors beside it were left out. One
    /// sentence each; empty where nothing had to be chosen.
    /// </summary>
    public ImmutableArray<string> Remarks { get; init; } = [];

    /// <summary>The roots of the file's other networks, by which whoever reads it takes one of them; empty if there are none.</summary>
    public ImmutableArray<string> OtherRoots { get; init; } = [];
}
