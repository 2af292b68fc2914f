using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators that give their operand another shape, and those that ask for its shape.</summary>
internal static class Reshaping
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Reshape", 1, node => node.Apply(new Reshape(node.Attributes.Ints("shape")), node.Input(0)), 4),
        Of("Reshape", 5, Reshape),
        Of("Flatten", 1, Flatten),
        Of("Identity", 1, node => node.Input(0)),
        Of("Shape", 1, ShapeOf),
        Of("Expand", 8, node => node.Apply(new Expand(), node.Input(0), node.Planned(1, "dimensions"))),
    ];

    private static Operand Reshape(NodeContext node)
    {
        if (node.Opset >= 14 && node.Attributes.Bool("allowzero", false)
            && node.TryIntegers(1, "dimensions") is { IsDefault: false } dimensions && dimensions.Contains(0))
        {
            throw new NotSupported("allowzero = 1 with a dimension of 0 (tensors without elements)");
        }

        return node.Apply(new Reshape(), node.Input(0), node.Planned(1, "dimensions"));
    }

    private static Operand Flatten(NodeContext node)
    {
        Operand x = node.Input(0);
        int axis = node.Attributes.Int("axis", 1);
        return x.Type == ElementType.Float32 && x.Rank > 0 && (axis == 1 || axis == 1 - x.Rank)
            ? node.Apply(new Flatten(), x)
            : throw new NotSupported($"axis = {axis} of {x.Fact}") { IsOfOperands = true };
    }

    private static Operand ShapeOf(NodeContext node)
    {
        Operand shape = node.Apply(new ShapeOf(), node.Input(0));
        int start = 0, end = int.MaxValue;
        if (node.Opset >= 15)
        {
            start = node.Attributes.Int("start", 0);
            end = node.Attributes.Int("end", int.MaxValue);
        }

        return start == 0 && end == int.MaxValue ? shape : node.Apply(new Slice([start], [end]), shape);
    }
}
