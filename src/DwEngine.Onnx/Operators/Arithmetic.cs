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
        Pair("Add"),
        Pair("Sub"),
        Pair("Mul"),
        Pair("Div"),
        Of("Pow", 1, Power),
        Of("PRelu", 1, ParametricRelu),
        Of("Min", 1, node => Chain(node, "Min")),
        Of("Max", 1, node => Chain(node, "Max")),
        Of("Sum", 1, node => Chain(node, "Add")),
        Of("Mean", 1, Mean),
        Question("Equal", 1),
        Question("Less", 1),
        Question("Greater", 1),
        Question("LessOrEqual", 12),
        Question("GreaterOrEqual", 12),
        Of("Mod", 10, node => node.Apply(new Binary(node.Attributes.Bool("fmod", false) ? "FMod" : "Mod"), node.Input(0), node.Input(1))),
        Of("Where", 9, node => node.Apply(new Where(), node.Input(0), node.Input(1), node.Input(2))),
    ];

    private static OperatorEntry Pair(string name) => Of(name, 1, node => node.Apply(new Binary(name), node.Input(0), Second(node)));

    private static OperatorEntry Question(string name, int since) =>
        Of(name, since, node => node.Apply(new Comparison(name), node.Input(0), Second(node)));

    /// <summary>
    /// The second operand. Up to opset 6 it is broadcast only on demand, and its axes may stand for others than the last.
    /// </summary>
    public static Operand Second(NodeContext node)
    {
        Operand x = node.Input(0), second = node.Input(1);
        if (node.Opset >= 7)
        {
            return second;
        }

        bool broadcasts = node.Attributes.Bool("broadcast", false);
        int axis = node.Attributes.Int("axis", x.Rank - second.Rank);
        axis = axis < 0 ? axis + x.Rank : axis;
        if (!broadcasts || axis == x.Rank - second.Rank)
        {
            return second;
        }

        return axis >= 0 && axis + second.Rank < x.Rank
            ? Spread(node, second, x.Rank - axis - second.Rank)
            : throw node.Error($"axis {axis} is none at which the shape {second.Fact.Shape} fits {x.Fact.Shape}");
    }

    // The same with further axes of length 1 behind its last.
    private static Operand Spread(NodeContext node, Operand operand, int axes) => operand.Constant is null
        ? throw new NotSupported(
            "an operand that is computed and broadcasts along other axes than its last")
        { IsOfOperands = true, Operand = operand }
        : node.Apply(new Reshape([.. operand.Fact.Shape.Dimensions, .. Enumerable.Repeat(1, axes)]), operand);

    // Up to opset 6 a vector of slopes belongs to the channels.
    private static Operand ParametricRelu(NodeContext node)
    {
        Operand x = node.Input(0), slope = node.Input(1);
        return node.Apply(
            new Binary("PRelu"), x, node.Opset < 7 && slope.Rank == 1 && x.Rank > 2 ? Spread(node, slope, x.Rank - 2) : slope);
    }

    private static Operand Chain(NodeContext node, string operation) => node.Inputs()
        .Aggregate((sum, next) => node.Apply(new Binary(operation), sum, next));

    private static Operand Mean(NodeContext node) => node.InputCount == 1
        ? node.Input(0)
        : node.Apply(new Binary("Div"), Chain(node, "Add"), node.Known((float)node.InputCount));

    private static Operand Power(NodeContext node)
    {
        Operand x = node.Input(0), exponent = Second(node);
        if (x.Type == ElementType.Float32 && exponent.Type != ElementType.Float32)
        {
            exponent = Casting.ToFloat(node, exponent);
        }

        return node.Apply(new Binary("Pow"), x, exponent);
    }
}
