using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels.Pooling;

namespace DwEngine.Passes;

/// <summary>
/// Lets a convolution pool its results itself where a max pooling of 3x3 and stride 2 with at most one row and column of padding on each
/// side follows, as in the stem of many networks. Left alone where somebody else reads the value between, where the convolution adds a
/// residual, and for depthwise and pointwise convolutions, which have kernels of their own.
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
            if (node.Layer is MaxPool pool && MaxPoolProblem.IsRowByRow(pool.Window)
                && rewriter.ProducerOf(node.Inputs[0]) is { Layer: Convolution convolution } producer
                && convolution is { IsDepthwise: false, IsPointwise: false, HasResidual: false }
                && graph.IsReadOnlyBy(node.Inputs[0], node))
            {
                rewriter.Remove(node);
                var pooled = new ConvolutionMaxPool(convolution, pool.Window);
                rewriter.Replace(producer, new Node(producer.Name, pooled, producer.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }
}
