using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Functions of what is true or false.</summary>
internal static class Logic
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Pair("And"),
        Pair("Or"),
        Pair("Xor"),
        Of("Not", 1, node => node.Apply(
            new Logical("Xor"), node.Input(0), node.Known(Tensor.FromBytes(ElementType.Bool, new Shape(), [1])))),
        Of("IsNaN", 9, node => node.Apply(new Comparison("Unordered"), node.Input(0), node.Input(0))),
    ];

    private static OperatorEntry Pair(string name) =>
        Of(name, 1, node => node.Apply(new Logical(name), node.Input(0), Arithmetic.Second(node)));
}
