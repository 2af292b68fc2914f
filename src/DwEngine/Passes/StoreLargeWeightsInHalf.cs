using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Stores the weights of large fully connected layers in 16 bits (binary16, times a power of two for each layer). Each of them is read once
/// in a run, so memory decides the time; half of it is read in half the time. Weights of convolutions serve many pixels and stay as they
/// are. The results change: each weight is rounded to 11 bits. A layer whose weights are not finite stays as it is.
/// </summary>
public sealed class StoreLargeWeightsInHalf : IGraphPass
{
    /// <summary>Layers with fewer weights stay as they are: theirs lie in a cache.</summary>
    public const long FewestWeights = 1 << 14;

    /// <inheritdoc/>
    public string Name => "store-large-weights-in-half";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is FullyConnected { HasHalfWeights: false } layer && layer.WeightCount >= FewestWeights
                && layer.WithHalfWeights() is { } smaller)
            {
                rewriter.Replace(node, new Node(node.Name, smaller, node.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }
}
