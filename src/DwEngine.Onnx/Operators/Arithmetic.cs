using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Functions of the elements of several operands at the same place, which broadcast.</summary>
internal static class Arithmetic
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Pair("Add", 7),
        Pair("Sub", 7),
        Pair("Mul", 7),
        Pair("Div", 7),
        Of("Pow", 7, Power),
        Of("PRelu", 7, node => node.Apply(new Binary("PRelu"), node.Input(0), node.Input(1))),
        Of("Min", 6, node => Chain(node, "Min")),
        Of("Max", 6, node => Chain(node, "Max")),
        Of("Sum", 6, node => Chain(node, "Add")),
        Of("Mean", 6, Mean),
        Question("Equal", 7),
        Question("Less", 7),
        Question("Greater", 7),
        Question("LessOrEqual", 12),
        Question("GreaterOrEqual", 12),
        Of("Where", 9, node => node.Apply(new Where(), node.Input(0), node.Input(1), node.Input(2))),
    ];

    private static OperatorEntry Pair(string name, int since) =>
        Of(name, since, node => node.Apply(new Binary(name), node.Input(0), node.Input(1)));

    private static OperatorEntry Question(string name, int since) =>
        Of(name, since, node => node.Apply(new Comparison(name), node.Input(0), node.Input(1)));

    private static Operand Chain(NodeContext node, string operation) => node.Inputs()
        .Aggregate((sum, next) => node.Apply(new Binary(operation), sum, next));

    private static Operand Mean(NodeContext node) => node.InputCount == 1
        ? node.Input(0)
        : node.Apply(new Binary("Div"), Chain(node, "Add"), node.Known((float)node.InputCount));

    private static Operand Power(NodeContext node)
    {
        Operand x = node.Input(0), exponent = node.Input(1);
        if (x.Type == ElementType.Float32 && exponent.Type != ElementType.Float32)
        {
            exponent = Casting.ToFloat(node, exponent);
        }

        return node.Apply(new Binary("Pow"), x, exponent);
    }
}
