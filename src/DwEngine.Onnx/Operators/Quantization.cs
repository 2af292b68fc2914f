using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Numbers as whole numbers of a scale, and the way back.</summary>
internal static class Quantization
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("QuantizeLinear", 10, node => Apply(node, axis => new QuantizeLinear(axis))),
        Of("DequantizeLinear", 10, node => Apply(node, axis => new DequantizeLinear(axis))),
    ];

    private static Operand Apply(NodeContext node, Func<int, Layer> make)
    {
        int axis = node.Opset >= 13 ? node.Attributes.Int("axis", 1) : 1;
        node.Attributes.RequireDefault("block_size", 0);
        node.Attributes.RequireDefault("output_dtype", 0);
        node.Attributes.RequireDefault("precision", 0);
        node.Attributes.Ignore("saturate");
        Operand scale = node.Planned(1, "scales");
        return node.TryPlanned(2, "zero points") is { } zero
            ? node.Apply(make(axis), node.Input(0), scale, zero)
            : node.Apply(make(axis), node.Input(0), scale);
    }
}
