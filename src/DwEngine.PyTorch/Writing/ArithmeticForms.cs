using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Functions of two numbers, questions and choices.</summary>
internal static class ArithmeticForms
{
    private static readonly Dictionary<string, string> s_operators = new()
    {
        ["Add"] = "+",
        ["Sub"] = "-",
        ["Mul"] = "*",
        ["Pow"] = "**",
        ["Equal"] = "==",
        ["Less"] = "<",
        ["LessOrEqual"] = "<=",
        ["Greater"] = ">",
        ["GreaterOrEqual"] = ">=",
        ["And"] = "&",
        ["Or"] = "|",
        ["Xor"] = "^",
    };

    public static IEnumerable<LayerForm> All { get; } =
    [
        .. s_operators.Select(pair => Of(pair.Key, node => $"{Left(node)} {pair.Value} {node.Operand(1)}")),
        Of("Div", Divide),
        Of("Min", node => Extreme(node, "minimum", "max")),
        Of("Max", node => Extreme(node, "maximum", "min")),
        Of("PRelu", node => $"torch.where({node.Input(0)} >= 0, {node.Input(0)}, {node.Input(0)} * {node.Input(1)})"),
        Of("FMod", node => $"torch.fmod({node.Input(0)}, {node.Operand(1)})"),
        Of("Mod", node => $"torch.remainder({node.Input(0)}, {node.Operand(1)})"),
        Of("Unordered", Unordered),
        new("Where", node => $"torch.where({node.Input(0)}, {node.Input(1)}, {node.Input(2)})"),
    ];

    private static LayerForm Of(string kind, Func<NodeWriter, string> write) => new(
        kind, node => node.Layer is Binary binary ? FunctionForms.Epilogue(node, write(node), binary.Epilogue) : write(node));

    // A power binds tighter than the sign of a number.
    private static string Left(NodeWriter node) => node.Operand(0) is ['-', ..] negative ? $"({negative})" : node.Operand(0);

    private static string Divide(NodeWriter node) => node.Facts[0].Type == ElementType.Float32
        ? $"{node.Operand(0)} / {node.Operand(1)}"
        : $"torch.div({node.Input(0)}, {node.Operand(1)}, rounding_mode=\"trunc\")";

    private static string Extreme(NodeWriter node, string function, string limit) =>
        node.IsNumber(1) ? $"torch.clamp({node.Input(0)}, {limit}={node.Operand(1)})"
        : node.IsNumber(0) ? $"torch.clamp({node.Input(1)}, {limit}={node.Operand(0)})"
        : $"torch.{function}({node.Input(0)}, {node.Input(1)})";

    private static string Unordered(NodeWriter node)
    {
        string left = $"torch.isnan({node.Input(0)})";
        return node.Input(0) == node.Input(1) ? left : $"{left} | torch.isnan({node.Input(1)})";
    }
}
