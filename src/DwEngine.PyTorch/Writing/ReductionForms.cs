using System.Collections.Immutable;
using DwEngine.Graphs.Layers;

namespace DwEngine.PyTorch.Writing;

/// <summary>Reductions, and what is sought or summed along an axis.</summary>
internal static class ReductionForms
{
    private static readonly Dictionary<string, Func<string, string, string>> s_reductions = new()
    {
        ["Sum"] = (x, over) => $"{x}.sum({over})",
        ["Mean"] = (x, over) => $"{x}.mean({over})",
        ["Max"] = (x, over) => $"{x}.amax({over})",
        ["Min"] = (x, over) => $"{x}.amin({over})",
        ["L1"] = (x, over) => $"{x}.abs().sum({over})",
        ["L2"] = (x, over) => $"{x}.square().sum({over}).sqrt()",
        ["SumSquare"] = (x, over) => $"{x}.square().sum({over})",
        ["LogSum"] = (x, over) => $"{x}.sum({over}).log()",
        ["LogSumExp"] = (x, over) => $"{x}.logsumexp({over})",
    };

    public static IEnumerable<LayerForm> All { get; } =
    [
        .. s_reductions.Select(pair => new LayerForm($"Reduce{pair.Key}", node => Reduce(node, pair.Value))),
        new("ReduceProd", Product),
        new("ArgMax", node => Extreme(node, "argmax")),
        new("ArgMin", node => Extreme(node, "argmin")),
        new("TopK", Largest),
        new("CumSum", CumulativeSum),
    ];

    private static string Reduce(NodeWriter node, Func<string, string, string> write)
    {
        int[] axes = AxesOf(node);
        string keeps = ((Reduce)node.Layer).KeepsAxes ? ", keepdim=True" : "";
        return axes.Length == 0 && node.Attribute("identity without axes") is true
            ? node.Input(0)
            : write(node.Input(0), $"{Python.Tuple(axes)}{keeps}");
    }

    // One axis at a time, the last one first, so that the others stay where they are.
    private static string Product(NodeWriter node)
    {
        string result = node.Input(0);
        foreach (int axis in AxesOf(node).OrderDescending())
        {
            result += $".prod({axis}{(((Reduce)node.Layer).KeepsAxes ? ", keepdim=True" : "")})";
        }

        return result;
    }

    private static int[] AxesOf(NodeWriter node)
    {
        var layer = (Reduce)node.Layer;
        int rank = node.Facts[0].Shape.Rank;
        ImmutableArray<int> told = !layer.Axes.IsDefault ? layer.Axes : node.InputCount > 1 ? node.Integers(1, "axes") : [];
        return told.IsEmpty && node.Attribute("identity without axes") is not true
            ? [.. Enumerable.Range(0, rank)]
            : [.. told.Select(axis => axis < 0 ? axis + rank : axis)];
    }

    private static string Extreme(NodeWriter node, string function)
    {
        var layer = (ArgExtreme)node.Layer;
        string over = $"{layer.Axis}{(layer.KeepsAxis ? ", keepdim=True" : "")}", x = node.Input(0);
        return layer.TakesLast ? $"{x}.shape[{layer.Axis}] - 1 - {x}.flip({layer.Axis}).{function}({over})" : $"{x}.{function}({over})";
    }

    private static string Largest(NodeWriter node)
    {
        var layer = (TopK)node.Layer;
        int count = node.Attribute("count") is int known ? known : node.Integers(1, "a number of results")[0];
        return $"torch.topk({node.Input(0)}, {count}, {layer.Axis}, largest={Python.Bool(!layer.IsSmallest)})";
    }

    private static string CumulativeSum(NodeWriter node)
    {
        var layer = (CumulativeSum)node.Layer;
        int axis = node.Attribute("axis") is int known ? known : node.Integers(1, "an axis")[0];
        string x = node.Input(0), sums = layer.IsReverse ? $"{x}.flip({axis}).cumsum({axis}).flip({axis})" : $"{x}.cumsum({axis})";
        return layer.IsExclusive ? $"{sums} - {x}" : sums;
    }
}
