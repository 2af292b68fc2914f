using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>
/// ShuffleNet V2 (Ma et al., arXiv 1807.11164) with torchvision's names, of any width and number of classes, with depthwise or regular
/// 3x3 convolutions in its branches.
/// </summary>
public sealed class ShuffleNetV2 : IArchitecture
{
    /// <summary>The name of the graph's input, N x 3 x H x W.</summary>
    public const string InputName = "input";

    /// <summary>The name of the graph's output, N x classes.</summary>
    public const string OutputName = "logits";

    /// <summary>The setting that tells the stem: <c>imagenet</c> or <c>cifar</c>.</summary>
    public static ArchitectureSetting StemSetting { get; } = new("stem", ["imagenet", "cifar"]);

    /// <inheritdoc/>
    public string Name => "ShuffleNet V2";

    /// <inheritdoc/>
    public ImmutableArray<ArchitectureSetting> Settings => [StemSetting];

    /// <summary>The metadata's settings of a network with this stem; none if it is null.</summary>
    public static ImmutableSortedDictionary<string, string> SettingsFor(StemKind? stem)
    {
        ImmutableSortedDictionary<string, string> none = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        return stem is { } known ? none.Add(StemSetting.Name, StemSetting.Values[(int)known]) : none;
    }

    /// <summary>The stem that metadata tell; null if they do not.</summary>
    /// <exception cref="WeightMismatchException">They name a stem that a ShuffleNet V2 does not have.</exception>
    public static StemKind? StemOf(ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (!metadata.Settings.TryGetValue(StemSetting.Name, out string? name))
        {
            return null;
        }

        int index = StemSetting.Values.IndexOf(name);
        return index >= 0
            ? (StemKind)index
            : throw new WeightMismatchException(
                $"A ShuffleNet V2 has no stem '{name}'; expected one of {string.Join(", ", StemSetting.Values)}.");
    }

    /// <summary>Height and width, in pixels, of the images for networks with this stem where nothing tells another size.</summary>
    public static int UsualInputSize(StemKind stem) => stem == StemKind.ImageNet ? 224 : 32;

    /// <inheritdoc/>
    public bool Recognises(StateDict tensors) => tensors.Names.Any(name => IsTelling(name));

    /// <inheritdoc/>
    public bool IsTelling(ReadOnlySpan<char> name)
    {
        // stageS.UNIT.branchB.LAYER.PARAMETER
        Span<Range> parts = stackalloc Range[6];
        return name.StartsWith("stage")
            && name.Split(parts, '.') == 5
            && name[parts[0]] is "stage2" or "stage3" or "stage4"
            && name[parts[1]].ContainsAnyExceptInRange('0', '9') is false
            && name[parts[2]] is "branch1" or "branch2"
            && name[parts[4]] is "weight" or "bias" or "running_mean" or "running_var";
    }

    /// <inheritdoc/>
    public Network Build(StateDict tensors, ModelMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        StemKind stem = StemOf(metadata) ?? StemKind.ImageNet;
        int inputSize = metadata.InputSize ?? UsualInputSize(stem);
        if (inputSize is < 1 or > ModelMetadata.MaxInputSize)
        {
            throw new ShapeException($"An input of {inputSize} x {inputSize} pixels; 1 to {ModelMetadata.MaxInputSize} were expected.");
        }

        ShuffleNetV2Dimensions dimensions = ShuffleNetV2Detector.Detect(tensors, stem);
        Graph graph = dimensions.BuildGraph(tensors, inputSize);
        return new Network(graph, metadata with { Architecture = dimensions.Name, Settings = SettingsFor(stem), InputSize = inputSize });
    }

    /// <summary>
    /// The tensors of a ShuffleNet V2's graph under torchvision's names and in its order, as a decomposition leaves them: the layers'
    /// weights may be others than <see cref="Build"/> read, but the nodes and their names must be the same.
    /// </summary>
    /// <exception cref="WeightMismatchException">
    /// The graph's tensors are not those of a ShuffleNet V2, as after batch norm folding.
    /// </exception>
    public static StateDict ToStateDict(Graph graph)
    {
        StateDict found = StateDict.Of(graph);
        ShuffleNetV2Dimensions dimensions = ShuffleNetV2Detector.Detect(found, StemKind.ImageNet);
        Dictionary<string, Tensor> tensors = dimensions.Check(found);
        var ordered = new StateDict();
        foreach (TensorSpec spec in dimensions.ExpectedTensors())
        {
            ordered.Add(spec.Name, tensors[spec.Name]);
        }

        return ordered;
    }

    StateDict IArchitecture.ToStateDict(Graph graph) => ToStateDict(graph);
}
