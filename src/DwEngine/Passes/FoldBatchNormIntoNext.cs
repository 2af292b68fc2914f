using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Folds a batch norm, or constants that are added, subtracted, multiplied by or divided by, into the convolution or fully connected layer
/// that follows: with y = s x + t, W y + b becomes (W s) x + (W t + b). Left alone where somebody else reads what is between, and where the
/// convolution pads what would be shifted: padding is 0 behind the norm, not before it.
/// <para>Bits change: weights are scaled beforehand, and what is shifted is summed into the bias.</para>
/// </summary>
public sealed class FoldBatchNormIntoNext : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fold-batch-norm-into-next";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        HashSet<Node> replaced = [];
        foreach (Node node in graph.Nodes.Where(node => node.Layer is Convolution or FullyConnected))
        {
            Value between = node.Inputs[0];
            if (graph.ProducerOf(between) is not { Layer: BatchNorm or Binary } producer
                || !graph.IsReadOnlyBy(between, node)
                || node.Inputs.Skip(1).Contains(between)
                || replaced.Contains(producer))
            {
                continue;
            }

            facts ??= graph.Infer();
            int rank = facts[between].Shape.Rank, axis = node.Layer is Convolution ? 1 : rank - 1;
            if (ChannelAffine.Of(graph, producer, out int operand, rank, axis) is { } affine
                && facts[producer.Inputs[operand]].Shape == facts[between].Shape
                && ChannelAffine.IsPlain(producer)
                && affine.Before(node.Layer) is { } folded)
            {
                rewriter.Remove(producer);
                rewriter.Replace(node, new Node(node.Name, folded, [producer.Inputs[operand], .. node.Inputs.Skip(1)], node.Outputs));
                replaced.Add(node);
            }
        }

        return rewriter.ToGraph();
    }
}
