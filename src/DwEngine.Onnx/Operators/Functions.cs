using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Functions of each element on its own.</summary>
internal static class Functions
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Simple("Relu", 1),
        Simple("Sigmoid", 1),
        Simple("Tanh", 1),
        Simple("Exp", 1),
        Simple("Log", 1),
        Simple("Sqrt", 1),
        Simple("Abs", 1),
        Simple("Neg", 1),
        Simple("Reciprocal", 1),
        Simple("Floor", 1),
        Simple("Ceil", 1),
        Simple("Round", 11),
        Simple("Erf", 9),
        Simple("Softplus", 1),
        Simple("HardSwish", 14),
        Simple("Mish", 18),
        With("LeakyRelu", 1, ("alpha", 0.01)),
        With("Elu", 1, ("alpha", 1)),
        With("Selu", 1, 5, ("alpha", 1.6732), ("gamma", 1.0507)),
        With("Selu", 6, ("alpha", 1.6732632423543772), ("gamma", 1.0507009873554805)),
        With("HardSigmoid", 1, ("alpha", 0.2), ("beta", 0.5)),
        With("Celu", 12, ("alpha", 1)),
        Of("Clip", 1, node => ClipTo(node, node.Attributes.Float("min", float.MinValue), node.Attributes.Float("max", float.MaxValue)), 10),
        Of("Clip", 11, Clip),
        Of("Gelu", 20, Gelu),
        Simple("Softsign", 1),
        Of("Swish", 24, Swish),
        With("ThresholdedRelu", 10, ("alpha", 1)),
        Simple("Sign", 9),
        Simple("Sin", 7),
        Simple("Cos", 7),
        Simple("Tan", 7),
        Simple("Asin", 7),
        Simple("Acos", 7),
        Simple("Atan", 7),
        Simple("Sinh", 9),
        Simple("Cosh", 9),
        Simple("Asinh", 9),
        Simple("Acosh", 9),
        Simple("Atanh", 9),
        With("Shrink", 9, ("bias", 0), ("lambd", 0.5)),
    ];

    private static OperatorEntry Simple(string name, int since) => Of(name, since, node => node.Apply(new Unary(name), node.Input(0)));

    private static OperatorEntry With(string name, int since, params (string Name, double Default)[] parameters) =>
        With(name, since, null, parameters);

    private static OperatorEntry With(string name, int since, int? until, params (string Name, double Default)[] parameters) => Of(
        name,
        since,
        node => node.Apply(
            new Unary(name,
                [.. parameters.Select(parameter => (parameter.Name, node.Attributes.Float(parameter.Name, parameter.Default)))]),
            node.Input(0)),
        until);

    private static Operand ClipTo(NodeContext node, double low, double high) =>
        node.Apply(new Unary("Clip", ("min", low), ("max", high)), node.Input(0));

    private static Operand Clip(NodeContext node)
    {
        Operand x = node.Input(0);
        Operand? low = node.TryInput(1), high = node.TryInput(2);
        if (x.Type == ElementType.Float32 && low?.Constant is not null == low is not null && high?.Constant is not null == high is not null)
        {
            return ClipTo(
                node, node.TryNumber(1, "lower bound") ?? double.NegativeInfinity,
                node.TryNumber(2, "upper bound") ?? double.PositiveInfinity);
        }

        x = low is null ? x : node.Apply(new Binary("Max"), x, low);
        return high is null ? x : node.Apply(new Binary("Min"), x, high);
    }

    private static Operand Gelu(NodeContext node) => node.Attributes.Text("approximate", "none") switch
    {
        "none" => node.Apply(new Unary("Gelu"), node.Input(0)),
        "tanh" => node.Apply(new Unary("GeluTanh"), node.Input(0)),
        var other => throw new NotSupported($"approximate = '{other}'"),
    };

    private static Operand Swish(NodeContext node)
    {
        double alpha = node.Attributes.Float("alpha", 1);
        Operand x = node.Input(0);
        return alpha == 1
            ? node.Apply(new Unary("Silu"), x)
            : node.Apply(
                new Binary("Mul"), x, node.Apply(new Unary("Sigmoid"), node.Apply(new Binary("Mul"), x, node.Known((float)alpha))));
    }
}
