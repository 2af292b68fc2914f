using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Functions of two numbers, questions and choices.</summary>
internal static class ArithmeticExport
{
    private static readonly string[] s_arithmetic = ["Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "PRelu"];
    private static readonly string[] s_questions = ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor"];

    public static IEnumerable<LayerExport> Entries { get; } =
    [
        .. s_arithmetic.Select(kind => Of(kind, node => Epilogue(node, Pair(node, kind)))),
        .. s_questions.Select(kind => Of(kind, node => Pair(node, kind))),
        Of("FMod", node => Epilogue(node, Remainder(node))),
        Of("Mod", node => Epilogue(node, Modulo(node))),
        Of("Unordered", Unordered),
        Of("Where", node => node.Apply("Where", [node.Input(0), node.Input(1), node.Input(2)])),
    ];

    private static string Pair(NodeExport node, string type) => node.Apply(type, [node.Input(0), node.Input(1)]);

    private static string Epilogue(NodeExport node, string value) => FunctionExport.Epilogue(node, value, ((Binary)node.Layer).Epilogue);

    private static string Remainder(NodeExport node) => node.Apply("Mod", [node.Input(0), node.Input(1)], Attributes.Of("fmod", true));

    // Of floats the operator has only the remainder with the sign of the dividend; it is moved to that of the divisor.
    private static string Modulo(NodeExport node)
    {
        if (node.Facts[0].Type != ElementType.Float32)
        {
            return Pair(node, "Mod");
        }

        string remainder = Remainder(node), zero = node.Float("zero", 0);
        string differs = node.Apply(
            "Xor", [node.Apply("Less", [remainder, zero]), node.Apply("Less", [node.Input(1), zero])]);
        string isSome = node.Apply("Not", [node.Apply("Equal", [remainder, zero])]);
        return node.Apply(
            "Where", [node.Apply("And", [differs, isSome]), node.Apply("Add", [remainder, node.Input(1)]), remainder]);
    }

    private static string Unordered(NodeExport node)
    {
        string left = node.Apply("IsNaN", [node.Input(0)]);
        return node.Input(0) == node.Input(1) ? left : node.Apply("Or", [left, node.Apply("IsNaN", [node.Input(1)])]);
    }
}
