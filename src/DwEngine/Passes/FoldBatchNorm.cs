using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Folds a batch norm into the convolution or fully connected layer before it: with the norm as y = s x + t, W x + b becomes
/// (s W) x + (s b + t). Left alone where an epilogue stands between, or where somebody else reads the convolution's result.
/// </summary>
public sealed class FoldBatchNorm : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fold-batch-norm";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is BatchNorm norm
                && rewriter.ProducerOf(node.Inputs[0]) is { } producer
                && graph.IsReadOnlyBy(node.Inputs[0], node)
                // Of a matrix the channels of a norm are the features; of values of more axes they are not.
                && (producer.Layer is not FullyConnected || (facts ??= graph.Infer())[node.Inputs[0]].Shape.Rank == 2)
                && Fold(producer.Layer, norm) is { } folded)
            {
                rewriter.Remove(node);
                rewriter.Replace(producer, new Node(producer.Name, folded, producer.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }

    /// <summary>The layer that equals <paramref name="layer"/> followed by <paramref name="norm"/>, or null if none does.</summary>
    public static Layer? Fold(Layer layer, BatchNorm norm)
    {
        (double[] scale, double[] shift) = norm.ToAffine();
        return new ChannelAffine(scale, shift).After(layer);
    }
}
