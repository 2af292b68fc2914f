using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Schema;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Reductions, and what is sought or summed along an axis.</summary>
internal static class ReductionExport
{
    private static readonly string[] s_reductions = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"];

    public static IEnumerable<LayerExport> Entries { get; } =
    [
        .. s_reductions.Select(operation => Of($"Reduce{operation}", Reduce)),
        Of("ArgMax", Extreme),
        Of("ArgMin", Extreme),
        new("TopK", Largest),
        Of("CumSum", CumulativeSum),
    ];

    private static string Reduce(NodeExport node)
    {
        var layer = (Reduce)node.Layer;
        ImmutableArray<int> axes = !layer.Axes.IsDefault ? layer.Axes : node.InputCount > 1 ? node.Integers(1) : [];
        if (axes.IsEmpty && node.Attribute("identity without axes") is true)
        {
            return node.Apply("Identity", [node.Input(0)]);
        }

        AttributeProto keeps = Attributes.Of("keepdims", layer.KeepsAxes);
        return axes.IsEmpty ? node.Apply(layer.Kind, [node.Input(0)], keeps)
            : layer.Kind == "ReduceSum" ? node.Apply(layer.Kind, [node.Input(0), node.Longs("axes", axes)], keeps)
            : node.Apply(layer.Kind, [node.Input(0)], Attributes.Of("axes", axes), keeps);
    }

    private static string Extreme(NodeExport node)
    {
        var layer = (ArgExtreme)node.Layer;
        return node.Apply(
            layer.Kind,
            [node.Input(0)],
            Attributes.Of("axis", layer.Axis),
            Attributes.Of("keepdims", layer.KeepsAxis),
            Attributes.Of("select_last_index", layer.TakesLast));
    }

    private static string[] Largest(NodeExport node)
    {
        var layer = (TopK)node.Layer;
        string count = node.Attribute("count") is int known ? node.Longs("count", known) : node.LongInput(1);
        return node.ApplyAll(
            "TopK", [node.Input(0), count], 2, Attributes.Of("axis", layer.Axis), Attributes.Of("largest", !layer.IsSmallest));
    }

    private static string CumulativeSum(NodeExport node)
    {
        var layer = (CumulativeSum)node.Layer;
        string axis = node.Attribute("axis") is int known ? node.Longs("axis", known) : node.Input(1);
        return node.Apply(
            "CumSum", [node.Input(0), axis], Attributes.Of("exclusive", layer.IsExclusive), Attributes.Of("reverse", layer.IsReverse));
    }
}
