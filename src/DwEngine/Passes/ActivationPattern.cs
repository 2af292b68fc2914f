using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;

namespace DwEngine.Passes;

/// <summary>
/// Finds products that are an activation of their other factor: x g(x) k with a number k, and parts of it. Factors that are numbers may
/// stand anywhere. Numbers count as equal where they differ as much as those do that exporters write with few digits.
/// </summary>
internal sealed class ActivationPattern(Graph graph)
{
    private const double Tolerance = 3e-5;

    // A cube times a number has four factors.
    private const int MostFactors = 4;

    /// <summary>The activation that a node computes, and of what; null if it is none.</summary>
    public (Unary Function, Value Input)? Match(Node node)
    {
        if (node.Layer is not Binary { Kind: "Mul" or "Div" })
        {
            return null;
        }

        foreach ((Value product, double factor) in Scaled(node.Outputs[0]))
        {
            if (IsHardSigmoid(product, factor) is { } hard)
            {
                return (new Unary("HardSigmoid", ("alpha", 1.0 / 6), ("beta", 0.5)), hard);
            }

            if (Operands(product, "Mul") is not var (left, right))
            {
                continue;
            }

            foreach ((Value x, Value gate) in new[] { (left, right), (right, left) })
            {
                foreach ((Value input, double a) in Scaled(x))
                {
                    foreach ((Value function, double b) in Scaled(gate))
                    {
                        if (Gated(input, function, factor * a * b) is { } name)
                        {
                            return (new Unary(name), input);
                        }
                    }
                }
            }
        }

        return null;
    }

    // The activation that is x times a function of x times a number.
    private string? Gated(Value x, Value function, double factor)
    {
        if (IsClose(factor, 1) && graph.ProducerOf(function) is { Layer: Unary unary } node)
        {
            return unary.Kind switch
            {
                "Sigmoid" when node.Inputs[0] == x => "Silu",
                "HardSigmoid" when node.Inputs[0] == x && Parameter(unary, "alpha", 1.0 / 6) && Parameter(unary, "beta", 0.5) =>
                    "HardSwish",
                "Tanh" when graph.ProducerOf(node.Inputs[0]) is { Layer: Unary { Kind: "Softplus" } } softplus
                    && softplus.Inputs[0] == x => "Mish",
                _ => null,
            };
        }

        return IsHardSigmoid(function, factor) == x ? "HardSwish"
            : IsClose(factor, 0.5) && Plus(function, 1) is { } wave ? Wave(x, wave)
            : null;
    }

    // What follows 1 + in x (1 + ...) / 2.
    private string? Wave(Value x, Value wave)
    {
        if (graph.ProducerOf(wave) is not { Layer: Unary { Kind: "Erf" or "Tanh" } unary } node)
        {
            return null;
        }

        return unary.Kind == "Erf"
            ? Scaled(node.Inputs[0]).Any(scaled => scaled.Value == x && IsClose(scaled.Factor, Math.Sqrt(0.5))) ? "Gelu" : null
            : Scaled(node.Inputs[0]).Any(scaled => IsClose(scaled.Factor, Math.Sqrt(2 / Math.PI)) && IsCubic(scaled.Value, x)) ? "GeluTanh"
            : null;
    }

    // x + 0.044715 x^3, or x (1 + 0.044715 x^2).
    private bool IsCubic(Value value, Value x)
    {
        if (Operands(value, "Add") is var (left, right))
        {
            return (left == x && IsTerm(right, 3)) || (right == x && IsTerm(left, 3));
        }

        return Operands(value, "Mul") is var (a, b)
            && ((a == x && Plus(b, 1) is { } after && IsTerm(after, 2)) || (b == x && Plus(a, 1) is { } before && IsTerm(before, 2)));

        bool IsTerm(Value term, int power) => Monomial(term, x) is var (factor, found) && found == power && IsClose(factor, 0.044715);
    }

    // The number and the power where a value is a number times a power of x; null where it is none.
    private (double Factor, int Power)? Monomial(Value value, Value x, int depth = 0)
    {
        if (value == x || graph.ScalarOf(value) is not null)
        {
            return value == x ? (1, 1) : (graph.ScalarOf(value)!.Value, 0);
        }

        if (Operands(value, "Pow") is var (operand, exponent))
        {
            return operand == x && graph.ScalarOf(exponent) is 2 or 3 ? (1, (int)graph.ScalarOf(exponent)!.Value) : null;
        }

        return depth < MostFactors && Operands(value, "Mul") is var (left, right)
            && Monomial(left, x, depth + 1) is var (a, m) && Monomial(right, x, depth + 1) is var (b, n) ? (a * b, m + n) : null;
    }

    // x where a value times a number is min(max(x + 3, 0), 6) / 6.
    private Value? IsHardSigmoid(Value value, double factor) =>
        IsClose(factor, 1.0 / 6)
        && graph.ProducerOf(value) is { Layer: Unary { Clamp: { } clamp } } node && clamp == Clamp.Relu6
            ? Plus(node.Inputs[0], 3)
            : null;

    // x where a value is x plus a certain number.
    private Value? Plus(Value value, double number) =>
        Operands(value, "Add") is not var (left, right) ? null
        : graph.ScalarOf(right) is { } after && IsClose(after, number) ? left
        : graph.ScalarOf(left) is { } before && IsClose(before, number) ? right
        : null;

    // A value as others times a number: itself times 1 first, then what is behind each scaling.
    private IEnumerable<(Value Value, double Factor)> Scaled(Value value)
    {
        double factor = 1;
        yield return (value, factor);
        while (graph.ProducerOf(value) is { Layer: Binary { Kind: "Mul" or "Div" } binary } node && binary.Epilogue == Activation.None)
        {
            bool isProduct = binary.Kind == "Mul";
            if (graph.ScalarOf(node.Inputs[1]) is { } right && right != 0)
            {
                (value, factor) = (node.Inputs[0], isProduct ? factor * right : factor / right);
            }
            else if (isProduct && graph.ScalarOf(node.Inputs[0]) is { } left)
            {
                (value, factor) = (node.Inputs[1], factor * left);
            }
            else
            {
                yield break;
            }

            yield return (value, factor);
        }
    }

    private (Value Left, Value Right)? Operands(Value value, string operation) =>
        graph.ProducerOf(value) is { Layer: Binary binary } node && binary.Kind == operation && binary.Epilogue == Activation.None
            ? (node.Inputs[0], node.Inputs[1])
            : null;

    private static bool Parameter(Unary unary, string name, double value) =>
        unary.Attributes.Any(attribute => attribute.Name == name && attribute.Value is double number && IsClose(number, value));

    private static bool IsClose(double found, double expected) => Math.Abs(found - expected) <= Tolerance * Math.Abs(expected);
}
