using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Makes one layer of an activation that is written as several: hard swish, hard sigmoid, SiLU, GELU by the error function and by the
/// hyperbolic tangent, Mish, clamps as minimum and maximum, and leaky ReLU as a maximum or a PReLU of one slope.
/// Operands and factors may stand in any order.
/// <para>Bits change: the layer rounds less often than its parts.</para>
/// </summary>
public sealed class RecognizeActivations : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "recognize-activations";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        // What is recognised may be a part of more, as the clamp of a hard swish is.
        for (Graph next = RunOnce(graph); next != graph; next = RunOnce(graph))
        {
            graph = next;
        }

        return graph;
    }

    private static Graph RunOnce(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        var pattern = new ActivationPattern(graph);
        foreach (Node node in graph.Nodes.Where(node => node.Layer is Binary or Unary && ChannelAffine.IsPlain(node)))
        {
            // A constant of one element may still add axes.
            if ((Clamped(graph, node) ?? Leaky(graph, node) ?? pattern.Match(node)) is { } found
                && (facts ??= graph.Infer())[found.Input] is { Type: Tensors.ElementType.Float32 } input
                && input.Shape == facts[node.Outputs[0]].Shape)
            {
                rewriter.Replace(node, new Node(node.Name, found.Function, [found.Input], node.Outputs));
            }
        }

        return RemoveDeadLayers.After(rewriter, graph);
    }

    // Minimum and maximum with a number, and a clamp of a clamp that nobody else reads.
    private static (Unary Function, Value Input)? Clamped(Graph graph, Node node)
    {
        if (node.Layer is Binary { Kind: "Min" or "Max" } && ScalarOperand(graph, node) is var (value, bound) && !float.IsNaN(bound))
        {
            return (new Unary("Clip", (node.Layer.Kind == "Min" ? "max" : "min", bound)), value);
        }

        return node.Layer is Unary { Clamp: { } last }
            && graph.ProducerOf(node.Inputs[0]) is { Layer: Unary { Clamp: { } first } } producer
            && graph.IsReadOnlyBy(node.Inputs[0], node)
            && first.Then(last) is var both
            ? (new Unary("Clip", ("min", both.Low), ("max", both.High)), producer.Inputs[0])
            : null;
    }

    private static (Unary Function, Value Input)? Leaky(Graph graph, Node node)
    {
        if (node.Layer is Binary { Kind: "PRelu" } && graph.ScalarOf(node.Inputs[1]) is { } slope && float.IsFinite(slope))
        {
            return (new Unary("LeakyRelu", ("alpha", slope)), node.Inputs[0]);
        }

        for (int scaled = 0; node.Layer is Binary { Kind: "Max" } && scaled < 2; scaled++)
        {
            if (graph.ProducerOf(node.Inputs[scaled]) is { Layer: Binary { Kind: "Mul" } } factor
                && ChannelAffine.IsPlain(factor)
                && ScalarOperand(graph, factor) is var (x, alpha)
                && x == node.Inputs[1 - scaled] && alpha is > 0 and <= 1)
            {
                return (new Unary("LeakyRelu", ("alpha", alpha)), x);
            }
        }

        return null;
    }

    private static (Value Value, float Number)? ScalarOperand(Graph graph, Node node) =>
        graph.ScalarOf(node.Inputs[1]) is { } right ? (node.Inputs[0], right)
        : graph.ScalarOf(node.Inputs[0]) is { } left ? (node.Inputs[1], left)
        : null;
}
