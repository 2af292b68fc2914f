using DwEngine.Kernels;

namespace DwEngine.PyTorch.Writing;

/// <summary>Functions of one number, which are layers of their own or the epilogues of others.</summary>
internal static class FunctionForms
{
    private static readonly string[] s_torch =
    [
        "Exp", "Log", "Sqrt", "Abs", "Reciprocal", "Floor", "Ceil", "Round", "Erf", "Sign", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan",
        "Sinh", "Cosh", "Asinh", "Acosh", "Atanh",
    ];

    // The module of each; where it has parameters, by their names.
    private static readonly Dictionary<string, (string Module, string[] Parameters)> s_modules = new()
    {
        ["Relu"] = ("nn.ReLU", []),
        ["Relu6"] = ("nn.ReLU6", []),
        ["Sigmoid"] = ("nn.Sigmoid", []),
        ["Tanh"] = ("nn.Tanh", []),
        ["Softplus"] = ("nn.Softplus", []),
        ["Softsign"] = ("nn.Softsign", []),
        ["HardSwish"] = ("nn.Hardswish", []),
        ["Silu"] = ("nn.SiLU", []),
        ["Mish"] = ("nn.Mish", []),
        ["Gelu"] = ("nn.GELU", []),
        ["LeakyRelu"] = ("nn.LeakyReLU", ["alpha"]),
        ["Elu"] = ("nn.ELU", ["alpha"]),
        ["Celu"] = ("nn.CELU", ["alpha"]),
    };

    public static IEnumerable<LayerForm> All { get; } =
    [
        .. s_torch.Concat(s_modules.Keys).Concat(["Neg", "GeluTanh", "Clip", "Selu", "HardSigmoid", "ThresholdedRelu", "Shrink"])
            .Select(kind => new LayerForm(kind, Layer)),
    ];

    /// <summary>A value after an epilogue; the value itself for none.</summary>
    public static string Epilogue(NodeWriter node, string value, Activation epilogue)
    {
        if (epilogue == Activation.None)
        {
            return value;
        }

        if (epilogue.AsClamp is { } clamp)
        {
            return clamp == Clamp.Relu ? $"F.relu({value})" : Clamped(value, clamp.Low, clamp.High);
        }

        string x = node.Named(value);
        return Apply(node, x, (string)node.Attribute("activation")!, constructor => $"{constructor}({x})");
    }

    private static string Layer(NodeWriter node) => Apply(
        node, node.Input(0), node.Layer.Kind, constructor => $"{node.Module(constructor)}({node.Input(0)})");

    private static string Apply(NodeWriter node, string x, string kind, Func<string, string> module)
    {
        float Parameter(string name) => (float)(double)node.Attribute(name)!;

        if (s_modules.TryGetValue(kind, out (string Module, string[] Parameters) known))
        {
            return module($"{known.Module}({string.Join(", ", known.Parameters.Select(name => Python.Number(Parameter(name))))})");
        }

        switch (kind)
        {
            case "Neg":
                return $"-{x}";
            case "GeluTanh":
                return module("nn.GELU(approximate=\"tanh\")");
            case "Clip":
                (float low, float high) = (Parameter("min"), Parameter("max"));
                return (low, high) switch
                {
                    (0, 6) => module("nn.ReLU6()"),
                    (0, float.PositiveInfinity) => module("nn.ReLU()"),
                    _ when float.IsFinite(low) && float.IsFinite(high) && low < high =>
                        module($"nn.Hardtanh({Python.Number(low)}, {Python.Number(high)})"),
                    _ => Clamped(x, low, high),
                };
            case "Selu":
                return $"{Python.Number(Parameter("gamma"))} * F.elu({x}, {Python.Number(Parameter("alpha"))})";
            case "HardSigmoid":
                (float alpha, float beta) = (Parameter("alpha"), Parameter("beta"));
                return alpha == 1f / 6 && beta == 0.5f
                    ? module("nn.Hardsigmoid()")
                    : $"({Python.Number(alpha)} * {x} + {Python.Number(beta)}).clamp(0.0, 1.0)";
            case "ThresholdedRelu":
                return module($"nn.Threshold({Python.Number(Parameter("alpha"))}, 0.0)");
            case "Shrink":
                string bias = Python.Number(Parameter("bias")), limit = Python.Number(Parameter("lambd"));
                return $"torch.where({x} < -{limit}, {x} + {bias}, torch.where({x} > {limit}, {x} - {bias}, torch.zeros_like({x})))";
            default:
                return $"torch.{kind.ToLowerInvariant()}({x})";
        }
    }

    private static string Clamped(string x, float low, float high)
    {
        string[] limits =
        [
            .. float.IsNegativeInfinity(low) ? [] : new[] { $"min={Python.Number(low)}" },
            .. float.IsPositiveInfinity(high) ? [] : new[] { $"max={Python.Number(high)}" },
        ];
        return limits.Length == 0 ? x : $"torch.clamp({x}, {string.Join(", ", limits)})";
    }
}
