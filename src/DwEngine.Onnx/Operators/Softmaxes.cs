using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Softmax and its relatives.</summary>
internal static class Softmaxes
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        .. Rows("Softmax", (axis, flattens) => new Softmax(axis, flattens)),
        .. Rows("LogSoftmax", (axis, flattens) => new LogSoftmax(axis, flattens)),
        .. Rows("Hardmax", (axis, flattens) => new Hardmax(axis, flattens)),
    ];

    // Up to opset 12 all axes from one on count as one.
    private static IEnumerable<OperatorEntry> Rows(string name, Func<int, bool, Layer> make) =>
    [
        Of(name, 1, node => node.Apply(make(node.Attributes.Int("axis", 1), true), node.Input(0)), 12),
        Of(name, 13, node => node.Apply(make(node.Attributes.Int("axis", -1), false), node.Input(0))),
    ];
}
