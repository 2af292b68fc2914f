using DwEngine.Kernels;
using DwEngine.Onnx.Schema;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Functions of one number, which are layers of their own or the epilogues of others.</summary>
internal static class FunctionExport
{
    private static readonly string[] s_own =
    [
        "Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Abs", "Neg", "Reciprocal", "Floor", "Ceil", "Round", "Erf", "Softplus",
        "HardSwish",
        "Sign", "Softsign", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh",
        "LeakyRelu", "Elu", "Selu", "HardSigmoid", "ThresholdedRelu", "Shrink", "Celu",
    ];

    // What the operator set lacks, as its parts.
    private static readonly Dictionary<string, Func<NodeExport, string, string>> s_parts = new()
    {
        ["Relu6"] = (node, x) => Clip(node, x, 0, 6),
        ["Silu"] = (node, x) => Times(node, x, node.Apply("Sigmoid", [x])),
        ["Mish"] = (node, x) => Times(node, x, node.Apply("Tanh", [node.Apply("Softplus", [x])])),
        ["Gelu"] = Gelu,
        ["GeluTanh"] = GeluTanh,
    };

    public static IEnumerable<LayerExport> Entries { get; } =
    [
        .. s_own.Concat(s_parts.Keys).Append("Clip").Select(
            kind => Of(kind, node => Apply(node, node.Input(0), kind, name => (double)node.Attribute(name)!))),
    ];

    /// <summary>Appends an epilogue; nothing for none.</summary>
    public static string Epilogue(NodeExport node, string value, Activation epilogue)
    {
        if (epilogue == Activation.None)
        {
            return value;
        }

        return epilogue.AsClamp is { } clamp
            ? clamp == Clamp.Relu ? node.Apply("Relu", [value]) : Clip(node, value, clamp.Low, clamp.High)
            : Apply(node, value, (string)node.Attribute("activation")!, name => (double)node.Attribute(name)!);
    }

    private static string Apply(NodeExport node, string x, string kind, Func<string, double> parameter)
    {
        if (s_parts.TryGetValue(kind, out Func<NodeExport, string, string>? parts))
        {
            return parts(node, x);
        }

        string[] names = kind switch
        {
            "LeakyRelu" or "Elu" or "ThresholdedRelu" or "Celu" => ["alpha"],
            "Selu" => ["alpha", "gamma"],
            "HardSigmoid" => ["alpha", "beta"],
            "Shrink" => ["bias", "lambd"],
            _ => [],
        };
        AttributeProto[] attributes = [.. names.Select(name => Attributes.Of(name, parameter(name)))];
        return kind == "Clip" ? Clip(node, x, parameter("min"), parameter("max")) : node.Apply(kind, [x], attributes);
    }

    private static string Clip(NodeExport node, string x, double low, double high)
    {
        string min = double.IsNegativeInfinity(low) ? "" : node.Float("min", low);
        return double.IsPositiveInfinity(high)
            ? node.Apply("Clip", min.Length > 0 ? [x, min] : [x])
            : node.Apply("Clip", [x, min, node.Float("max", high)]);
    }

    private static string Times(NodeExport node, string a, string b) => node.Apply("Mul", [a, b]);

    // x / 2 (1 + erf(x / sqrt(2)))
    private static string Gelu(NodeExport node, string x)
    {
        string error = node.Apply("Erf", [node.Apply("Div", [x, node.Float("sqrt2", Math.Sqrt(2))])]);
        return Times(node, Times(node, x, node.Float("half", 0.5)), node.Apply("Add", [error, node.Float("one", 1)]));
    }

    // x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    private static string GeluTanh(NodeExport node, string x)
    {
        string cube = Times(node, Times(node, x, x), x);
        string sum = node.Apply("Add", [x, Times(node, cube, node.Float("cubic", 0.044715))]);
        string tangent = node.Apply("Tanh", [Times(node, sum, node.Float("scale", Math.Sqrt(2 / Math.PI)))]);
        return Times(node, Times(node, x, node.Float("half", 0.5)), node.Apply("Add", [tangent, node.Float("one", 1)]));
    }
}
