using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Moves an activation that kernels can apply to their results into the epilogue of the layer before it. Left alone where somebody else
/// reads the value between, and where that layer has an epilogue already and no activation is both: only clamps that follow one another
/// become one.
/// </summary>
public sealed class FuseActivation : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fuse-activation";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is Unary { AsActivation: { } activation }
                && rewriter.ProducerOf(node.Inputs[0]) is { Layer: IActivatedLayer layer } producer
                && graph.IsReadOnlyBy(node.Inputs[0], node)
                && layer.Epilogue.Then(activation) is { } both)
            {
                rewriter.Remove(node);
                rewriter.Replace(producer, new Node(producer.Name, layer.WithEpilogue(both), producer.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }
}
