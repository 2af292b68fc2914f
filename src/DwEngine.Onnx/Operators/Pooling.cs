using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>The largest or mean value under a window.</summary>
internal static class Pooling
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("AveragePool", 1, Average),
        Of("MaxPool", 1, Max),
        Of("GlobalAveragePool", 1, node => node.Apply(new GlobalAveragePool(), Image(node))),
    ];

    private static Operand Average(NodeContext node)
    {
        Operand x = Image(node);
        bool countsPadding = node.Attributes.Bool("count_include_pad", false);
        node.Attributes.RequireDefault("ceil_mode", 0);
        return node.Apply(new AveragePool(Read(node, x), countsPadding), x);
    }

    private static Operand Max(NodeContext node)
    {
        Operand x = Image(node);
        node.Attributes.RequireDefault("ceil_mode", 0);
        node.Attributes.RequireDefault("storage_order", 0);
        node.RequireUnused(1, "indices");
        return node.Apply(new MaxPool(Read(node, x)), x);
    }

    private static Operand Image(NodeContext node) => node.Input(0) is { Rank: 4 } image
        ? image
        : throw new NotSupported($"pooling over {node.Input(0).Rank - 2} axes") { IsOfOperands = true };

    private static Window Read(NodeContext node, Operand x)
    {
        ImmutableArray<int> kernel = node.Attributes.Ints("kernel_shape");
        return kernel is { IsDefault: false, Length: 2 }
            ? WindowReader.Read(node, x.Fact.Shape, kernel)
            : throw node.Error($"kernel_shape is [{(kernel.IsDefault ? "" : string.Join(", ", kernel))}]; two numbers were expected");
    }
}
