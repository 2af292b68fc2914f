using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Lets a convolution pool its results itself where a max pooling of 3x3, stride 2 and padding 1 follows, as in the stem of many networks.
/// Left alone where somebody else reads the value between, where the convolution adds a residual, and for depthwise and pointwise
/// convolutions, which have kernels of their own.
/// </summary>
public sealed class FuseMaxPool : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fuse-max-pool";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is MaxPool pool && pool.Window == ConvolutionMaxPool.Pool
                && rewriter.ProducerOf(node.Inputs[0]) is { Layer: Convolution convolution } producer
                && convolution is { IsDepthwise: false, IsPointwise: false, HasResidual: false }
                && graph.IsReadOnlyBy(node.Inputs[0], node))
            {
                rewriter.Remove(node);
                rewriter.Replace(producer, new Node(producer.Name, new ConvolutionMaxPool(convolution), producer.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }
}
