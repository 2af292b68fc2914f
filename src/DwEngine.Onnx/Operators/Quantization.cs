using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Numbers as whole numbers of a scale, and the way back.</summary>
internal static class Quantization
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("QuantizeLinear", 10, node => Apply(node, axis => new QuantizeLinear(axis))),
        new("DynamicQuantizeLinear", 11, Dynamically),
        Of("DequantizeLinear", 10, node => Apply(node, axis => new DequantizeLinear(axis))),
    ];

    // The scale covers 0 and all numbers; if all are 0, it is 1.
    private static Operand[] Dynamically(NodeContext node)
    {
        const float Most = byte.MaxValue;
        Operand x = node.Input(0), zero = node.Known(0f);
        Operand low = node.Apply(new Binary("Min"), node.Apply(new Reduce("Min", keepsAxes: false), x), zero);
        Operand high = node.Apply(new Binary("Max"), node.Apply(new Reduce("Max", keepsAxes: false), x), zero);
        Operand range = node.Apply(new Binary("Sub"), high, low);
        Operand scale = node.Apply(
            new Where(),
            node.Apply(new Comparison("Equal"), range, zero),
            node.Known(1f),
            node.Apply(new Binary("Div"), range, node.Known(Most)));
        Operand zeroPoint = Limited(node.Apply(new Binary("Sub"), zero, node.Apply(new Binary("Div"), low, scale)), isRounded: true);
        Operand scaled = node.Apply(new Unary("Round"), node.Apply(new Binary("Div"), x, scale));
        Operand whole = Limited(node.Apply(new Binary("Add"), scaled, zeroPoint), isRounded: false);
        return [ToBytes(whole), scale, ToBytes(zeroPoint)];

        Operand Limited(Operand value, bool isRounded)
        {
            Operand limited = node.Apply(new Unary("Clip", ("min", 0), ("max", Most)), value);
            return isRounded ? node.Apply(new Unary("Round"), limited) : limited;
        }

        Operand ToBytes(Operand value) => node.Apply(new Cast(ElementType.UInt8), value);
    }

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
