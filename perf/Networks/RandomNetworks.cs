using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Networks;

/// <summary>Networks with random weights, by name. The same name gives the same bits.</summary>
public static class RandomNetworks
{
    private static readonly ImmutableSortedDictionary<string, Func<Graph>> s_all = new Dictionary<string, Func<Graph>>
    {
        ["mobilenet_v1"] = MobileNets.V1,
        ["mobilenet_v2"] = MobileNets.V2,
        ["mobilenet_v3_small"] = MobileNets.V3Small,
        ["mnasnet0_5"] = MobileNets.Mnas,
        ["efficientnet_b0"] = MobileNets.Efficient,
        ["squeezenet1_1"] = OtherNetworks.SqueezeNet,
        ["resnet18"] = OtherNetworks.ResNet,
        ["detector"] = OtherNetworks.Detector,
        ["shufflenet_v2_x0_5"] = () => OtherNetworks.ShuffleNet([24, 48, 96, 192, 1024], isExpanded: false),
        ["shufflenet_v2_x1_0"] = () => OtherNetworks.ShuffleNet([24, 116, 232, 464, 1024], isExpanded: false),
        ["shufflenet_v2_x1_5"] = () => OtherNetworks.ShuffleNet([24, 176, 352, 704, 1024], isExpanded: false),
        ["shufflenet_v2_x2_0"] = () => OtherNetworks.ShuffleNet([24, 244, 488, 976, 2048], isExpanded: false),
        ["shufflenet_v2_x0_5_expanded"] = () => OtherNetworks.ShuffleNet([24, 48, 96, 192, 1024], isExpanded: true),
        ["shufflenet_v2_x1_0_expanded"] = () => OtherNetworks.ShuffleNet([24, 116, 232, 464, 1024], isExpanded: true),
        ["shufflenet_v2_x1_5_expanded"] = () => OtherNetworks.ShuffleNet([24, 176, 352, 704, 1024], isExpanded: true),
        ["shufflenet_v2_x2_0_expanded"] = () => OtherNetworks.ShuffleNet([24, 244, 488, 976, 2048], isExpanded: true),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => s_all.Keys;

    /// <summary>Builds a network; null if there is none of that name.</summary>
    public static Graph? TryBuild(string name) => s_all.GetValueOrDefault(name)?.Invoke();
}
