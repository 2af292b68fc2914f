using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Softmax and its relatives.</summary>
internal static class Softmaxes
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Softmax", 1, node => OverRows(node, new Softmax()), 12),
        Of("Softmax", 13, node => node.Apply(new Softmax(node.Attributes.Int("axis", -1)), node.Input(0))),
    ];

    // Up to opset 12 all axes from one on count as one.
    private static Operand OverRows(NodeContext node, Layer layer)
    {
        Operand x = node.Input(0);
        int axis = node.Axis(node.Attributes.Int("axis", 1), x.Rank);
        return axis == x.Rank - 1
            ? node.Apply(layer, x)
            : axis == 1
            ? node.Apply(new Reshape(), node.Apply(layer, node.Apply(new Flatten(), x)), node.Apply(new ShapeOf(), x))
            : throw new NotSupported($"axis = {axis} of {x.Fact.Shape}") { IsOfOperands = true };
    }
}
