using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>A 3x3 convolution of a ShuffleNet V2 branch.</summary>
/// <param name="IsRegular">Whether each output sees all input channels (the <em>expanded</em> network), not one.</param>
/// <param name="Multiplier">Output channels for each input channel: 1 but for depthwise decompositions of a higher rank.</param>
public readonly record struct SpatialConvolution(bool IsRegular, int Multiplier)
{
    /// <summary>What torchvision's ShuffleNet V2 has: one filter for each channel.</summary>
    public static SpatialConvolution Depthwise { get; } = new(false, 1);

    /// <summary>What an expanded ShuffleNet V2 has: each of as many outputs sees all channels.</summary>
    public static SpatialConvolution Regular { get; } = new(true, 1);

    /// <summary>
    /// Output channels of a regular one where they are no multiple of the input channels, as channel decomposition leaves them; null
    /// elsewhere.
    /// </summary>
    public int? OutputChannels { get; init; }
}

/// <summary>
/// The dimensions of one ShuffleNet V2 (Ma et al., arXiv 1807.11164) in torchvision's form: a stem, three stages of units, a pointwise
/// convolution, global average pooling and a fully connected layer.
/// </summary>
public sealed class ShuffleNetV2Dimensions
{
    /// <summary>The number of stages, which torchvision calls 2, 3 and 4.</summary>
    public const int StageCount = 3;

    private static readonly (string Name, ImmutableArray<int> Channels)[] s_torchvision =
    [
        ("x0_5", [24, 48, 96, 192, 1024]),
        ("x1_0", [24, 116, 232, 464, 1024]),
        ("x1_5", [24, 176, 352, 704, 1024]),
        ("x2_0", [24, 244, 488, 976, 2048]),
    ];

    /// <summary>Channels of the input images: 3 for RGB.</summary>
    public int InputChannels { get; init; } = 3;

    /// <summary>The number of units of each stage; 4, 8, 4 in torchvision.</summary>
    public ImmutableArray<int> StageRepeats { get; init; } = [4, 8, 4];

    /// <summary>Output channels of the stem, the three stages (even) and the last convolution.</summary>
    public required ImmutableArray<int> Channels { get; init; }

    /// <summary>The number of classes: the length of the logits.</summary>
    public required int Classes { get; init; }

    /// <summary>Whether the network has the classifier <c>fc</c>. Without it, it is a backbone whose outputs are feature maps.</summary>
    public bool HasClassifier { get; init; } = true;

    /// <summary>Whether the network has the last convolution, <c>conv5</c>, which only a backbone may lack.</summary>
    public bool HasLastConvolution { get; init; } = true;

    /// <summary>The stem, which tensors don't tell.</summary>
    public StemKind Stem { get; init; }

    /// <summary>
    /// The branches' 3x3 convolutions that are not plain depthwise ones, by the prefix of their tensors' names, such as
    /// <c>stage2.0.branch2.3</c>.
    /// </summary>
    public ImmutableSortedDictionary<string, SpatialConvolution> Modified { get; init; } =
        ImmutableSortedDictionary.Create<string, SpatialConvolution>(StringComparer.Ordinal);

    /// <summary>
    /// torchvision's name, such as <c>shufflenet_v2_x1_0</c>; without the width for widths that torchvision lacks, with
    /// <c>_expanded</c> where all 3x3 of the branches are regular, with <c>_modified</c> for all between and beside these, which no
    /// other library knows, and with <c>_backbone</c> without a classifier. It is for people: what a network is, its tensors tell.
    /// </summary>
    public string Name
    {
        get
        {
            string? width = StageRepeats is [4, 8, 4]
                ? s_torchvision.FirstOrDefault(known => IsWidth(known.Channels)).Name
                : null;
            return "shufflenet_v2" + (width is null ? "" : $"_{width}") + (Modified.IsEmpty ? "" : IsExpanded ? "_expanded" : "_modified")
                + (HasClassifier ? "" : "_backbone");
        }
    }

    /// <summary>Reads the dimensions from the tensors' shapes.</summary>
    /// <param name="tensors">The tensors, under torchvision's names.</param>
    /// <param name="stem">The stem, which tensors don't tell.</param>
    /// <exception cref="WeightMismatchException">
    /// Tensors are missing, surplus, wrongly shaped or typed, or not finite; the error holds them all.
    /// </exception>
    public static ShuffleNetV2Dimensions Detect(StateDict tensors, StemKind stem)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Detector.Detect(tensors, stem);
        architecture.Check(tensors);
        return architecture;
    }

    /// <summary>
    /// All tensors that the network has, in torchvision's order; <c>num_batches_tracked</c> is not among them, for it is not used.
    /// </summary>
    public IEnumerable<TensorSpec> ExpectedTensors() =>
        Patterns().Select(pattern => new TensorSpec(pattern.Name, new Shape(pattern.Dimensions)));

    /// <summary>Builds the network.</summary>
    /// <param name="tensors">The tensors, under torchvision's names; floating-point types other than Float32 are converted.</param>
    /// <param name="inputSize">Height and width of the input's default shape, in pixels.</param>
    /// <exception cref="WeightMismatchException">
    /// Tensors are missing, surplus, wrongly shaped or typed, or not finite; the error holds them all.
    /// </exception>
    public Graph BuildGraph(StateDict tensors, int inputSize) => new ShuffleNetV2Builder(this, Check(tensors)).Build(inputSize);

    /// <summary>The stem's convolution.</summary>
    internal ConvolutionSpec StemConvolution =>
        new("conv1.0", "conv1.1", InputChannels, Channels[0], 1, 3, Stem == StemKind.ImageNet ? 2 : 1);

    /// <summary>The last convolution.</summary>
    internal ConvolutionSpec LastConvolution => new("conv5.0", "conv5.1", Channels[StageCount], Channels[StageCount + 1], 1, 1, 1);

    /// <summary>The units of all stages, from input to output.</summary>
    internal IEnumerable<ShuffleNetV2Unit> Units()
    {
        for (int stage = 0; stage < StageCount; stage++)
        {
            for (int unit = 0; unit < StageRepeats[stage]; unit++)
            {
                int inputChannels = unit == 0 ? Channels[stage] : Channels[stage + 1];
                yield return new ShuffleNetV2Unit($"stage{stage + 2}.{unit}", unit == 0, inputChannels, Channels[stage + 1], Modified);
            }
        }
    }

    /// <summary>Holds tensors against the expected ones and returns them as Float32.</summary>
    internal Dictionary<string, Tensor> Check(StateDict tensors)
    {
        TensorPattern[] patterns = [.. Patterns()];
        var counters = patterns.Where(pattern => pattern.IsVariance)
            .Select(pattern => pattern.Name.Replace("running_var", "num_batches_tracked", StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        return WeightChecker.Check(Name, tensors, patterns, counters.Contains);
    }

    // With one channel, regular and depthwise are the same.
    private bool IsExpanded => Units().SelectMany(unit => unit.Convolutions())
        .Where(convolution => convolution.IsSpatial && convolution.InputChannels != 1)
        .All(convolution => Modified.GetValueOrDefault(convolution.Name) == SpatialConvolution.Regular);

    private IEnumerable<TensorPattern> Patterns() =>
    [
        .. StemConvolution.Patterns(),
        .. Units().SelectMany(unit => unit.Convolutions()).SelectMany(convolution => convolution.Patterns()),
        .. HasLastConvolution ? LastConvolution.Patterns() : [],
        .. HasClassifier
            ? new[] { new TensorPattern("fc.weight", [Classes, Channels[StageCount + 1]]), new TensorPattern("fc.bias", [Classes]) }
            : [],
    ];

    // A backbone's last convolution may be missing.
    private bool IsWidth(ImmutableArray<int> channels) =>
        HasLastConvolution ? channels.SequenceEqual(Channels) : channels.Take(StageCount + 1).SequenceEqual(Channels.Take(StageCount + 1));
}
