using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;

namespace DwEngine.Passes;

/// <summary>
/// Moves an activation that is a clamp into the epilogue of the layer before it. Left alone where somebody else reads the value between.
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
            if (node.Layer is Unary { Clamp: { } clamp }
                && rewriter.ProducerOf(node.Inputs[0]) is { Layer: IClampedLayer clamped } producer
                && graph.IsReadOnlyBy(node.Inputs[0], node))
            {
                Layer fused = clamped.WithEpilogue(Compose(clamped.Epilogue, clamp));
                rewriter.Remove(node);
                rewriter.Replace(producer, new Node(producer.Name, fused, producer.Inputs, node.Outputs));
            }
        }

        return rewriter.ToGraph();
    }

    /// <summary>The one clamp that equals <paramref name="first"/> followed by <paramref name="second"/>.</summary>
    internal static Clamp Compose(Clamp first, Clamp second) => new(
        MathF.Min(MathF.Max(first.Low, second.Low), second.High),
        MathF.Min(MathF.Max(first.High, second.Low), second.High));
}
