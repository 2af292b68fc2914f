using System.Collections.Immutable;

namespace DwEngine.Models;

/// <summary>
/// What a network's tensors don't tell. A null member is unknown: whoever needs it falls back to torchvision's ImageNet values
/// (<see cref="ImageNet"/>). What only networks of one architecture have stands in <see cref="Settings"/>.
/// </summary>
public sealed record ModelMetadata
{
    /// <summary>The largest <see cref="InputSize"/> that a network is built for, in pixels.</summary>
    public const int MaxInputSize = 8192;

    /// <summary>torchvision's ImageNet values: 224 x 224, its mean and standard deviation.</summary>
    public static ModelMetadata ImageNet { get; } = new()
    {
        InputSize = 224,
        Mean = [0.485f, 0.456f, 0.406f],
        StandardDeviation = [0.229f, 0.224f, 0.225f],
    };

    /// <summary>The architecture's name, such as <c>shufflenet_v2_x1_0</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// What only networks of this architecture have, by the names of <see cref="IArchitecture.Settings"/>. What is not there is unknown,
    /// and the architecture falls back to the first value of the setting.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

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
        Settings = fallback.Settings.SetItems(Settings),
        InputSize = InputSize ?? fallback.InputSize,
        Mean = Mean ?? fallback.Mean,
        StandardDeviation = StandardDeviation ?? fallback.StandardDeviation,
        Labels = Labels ?? fallback.Labels,
    };
}
