using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators that make one number of all that lie along axes, and those that look for the largest.</summary>
internal static class Reductions
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Reduction("Sum", 13),
        Reduction("Mean", 18),
        Reduction("Max", 18),
        Reduction("Min", 18),
        Reduction("Prod", 18),
        Reduction("L1", 18),
        Reduction("L2", 18),
        Reduction("SumSquare", 18),
        Reduction("LogSum", 18),
        Reduction("LogSumExp", 18),
        Of("ArgMax", 1, node => Extreme(node, ArgExtreme.Largest)),
        Of("ArgMin", 1, node => Extreme(node, ArgExtreme.Smallest)),
        new("TopK", 1, TopK),
        Of("CumSum", 11, CumulativeSum),
    ];

    private static OperatorEntry Reduction(string operation, int axesSince) => Of($"Reduce{operation}", 1, node =>
    {
        bool keepsAxes = node.Attributes.Bool("keepdims", true);
        if (node.Opset < axesSince)
        {
            ImmutableArray<int> axes = node.Attributes.Ints("axes");
            return node.Apply(new Reduce(operation, axes.IsDefault ? [] : axes, keepsAxes), node.Input(0));
        }

        bool isIdentity = node.Attributes.Bool("noop_with_empty_axes", false);
        return node.TryPlanned(1, "axes") is not { } asked ? node.Apply(new Reduce(operation, [], keepsAxes, isIdentity), node.Input(0))
            : asked.Constant is not null
            ? node.Apply(new Reduce(operation, node.TryIntegers(1, "axes"), keepsAxes, isIdentity), node.Input(0))
            : node.Apply(new Reduce(operation, default, keepsAxes, isIdentity), node.Input(0), asked);
    });

    private static Operand Extreme(NodeContext node, Func<int, bool, bool, Layer> make) => node.Apply(
        make(
            node.Attributes.Int("axis", 0),
            node.Attributes.Bool("keepdims", true),
            node.Opset >= 12 && node.Attributes.Bool("select_last_index", false)),
        node.Input(0));

    private static Operand[] TopK(NodeContext node)
    {
        int axis = node.Attributes.Int("axis", -1);
        if (node.Opset < 10)
        {
            return node.ApplyAll(new TopK(node.Attributes.Int("k"), axis), node.Input(0));
        }

        bool isSmallest = node.Opset >= 11 && !node.Attributes.Bool("largest", true);
        if (node.Opset >= 11)
        {
            // Sorted results are one of the orders that are right if none is asked for.
            node.Attributes.Ignore("sorted");
        }

        Operand count = node.Planned(1, "count");
        return count.Constant is { Shape.ElementCount: 1, Type: ElementType.Int64 } known
            ? node.ApplyAll(new TopK(
                (int)Math.Clamp(BitConverter.ToInt64(known.Bytes), int.MinValue, int.MaxValue), axis, isSmallest), node.Input(0))
            : node.ApplyAll(new TopK(axis, isSmallest), node.Input(0), count);
    }

    private static Operand CumulativeSum(NodeContext node) => node.Apply(
        new CumulativeSum(null, node.Attributes.Bool("exclusive", false), node.Attributes.Bool("reverse", false)),
        node.Input(0),
        node.Planned(1, "axis"));
}
