using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;

namespace DwEngine.Passes;

/// <summary>
/// Lets a convolution add a residual to its sums: the other operand of an addition that follows it, if both have one shape. The epilogue
/// of the addition becomes the convolution's. Left alone where somebody else reads the convolution's result, and where it has an
/// epilogue, which would come before the addition. Of two convolutions the later one takes the other's result.
/// </summary>
public sealed class FuseResidual : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fuse-residual";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts facts = graph.Infer();
        var places = graph.Nodes.Select((node, place) => (node, place)).ToDictionary(pair => pair.node, pair => pair.place);
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is not Binary { IsAddition: true } addition
                || facts[node.Inputs[0]].Shape != facts[node.Inputs[1]].Shape
                || node.Inputs[0] == node.Inputs[1])
            {
                continue;
            }

            int[] operands = [.. new[] { 0, 1 }.Where(i => CanTake(i)).OrderByDescending(i => places[graph.ProducerOf(node.Inputs[i])!])];
            if (operands is [int own, ..])
            {
                Node producer = rewriter.ProducerOf(node.Inputs[own])!;
                Convolution fused = ((Convolution)producer.Layer).WithResidual(addition.Epilogue);
                rewriter.Remove(node);
                rewriter.Replace(producer, new Node(producer.Name, fused, [producer.Inputs[0], node.Inputs[1 - own]], node.Outputs));
            }

            bool CanTake(int operand) =>
                rewriter.ProducerOf(node.Inputs[operand]) is { Layer: Convolution { HasResidual: false } convolution }
                && convolution.Epilogue == Activation.None
                && graph.IsReadOnlyBy(node.Inputs[operand], node);
        }

        return rewriter.ToGraph();
    }
}
