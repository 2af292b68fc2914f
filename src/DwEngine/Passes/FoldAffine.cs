using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>
/// Folds sums, differences, products and quotients with constants, of one number for each channel or for all, into the convolution or fully
/// connected layer before: a bias that is added, an image that is scaled. Where there is none, two such layers, or one and a batch norm,
/// become one batch norm. Left alone where somebody else reads the value between, and behind an epilogue.
/// <para>Bits change: weights are scaled beforehand and rounded once, and sums begin with the bias.</para>
/// </summary>
public sealed class FoldAffine : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fold-affine";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        HashSet<Node> replaced = [];
        foreach (Node node in graph.Nodes.Where(node => node.Layer is Binary or BatchNorm))
        {
            int rank = (facts ??= graph.Infer())[node.Outputs[0]].Shape.Rank;
            Value between = node.Inputs[node.Inputs.Length > 1 && graph.ConstantOf(node.Inputs[0]) is not null ? 1 : 0];
            if (facts[between].Shape.Rank != rank
                || graph.ProducerOf(between) is not { } producer
                || replaced.Contains(producer)
                || !graph.IsReadOnlyBy(between, node)
                || Fuse(graph, facts, node, producer, rank) is not { } fused)
            {
                continue;
            }

            rewriter.Remove(node);
            rewriter.Replace(producer, new Node(producer.Name, fused.Layer, [fused.Input], node.Outputs));
            replaced.UnionWith([node, producer]);
        }

        return rewriter.ToGraph();
    }

    private static (Layer Layer, Value Input)? Fuse(Graph graph, GraphFacts facts, Node node, Node producer, int rank)
    {
        // The channels of a fully connected layer lie along the last axis.
        int axis = producer.Layer is FullyConnected ? rank - 1 : 1;
        if (ChannelAffine.Of(graph, node, out _, rank, axis) is not { } affine)
        {
            return null;
        }

        if (affine.After(producer.Layer) is { } folded)
        {
            return node.Layer is IActivatedLayer activated
                ? (((IActivatedLayer)folded).WithEpilogue(activated.Epilogue), producer.Inputs[0])
                : (folded, producer.Inputs[0]);
        }

        // The number of channels must be known from the constants: axis 1 of a value of other layout may have any length.
        return ChannelAffine.IsPlain(node) && ChannelAffine.IsPlain(producer)
            && ChannelAffine.Of(graph, producer, out int operand, rank, axis) is { } before
            && facts[producer.Inputs[operand]].Shape == facts[node.Outputs[0]].Shape
            && before.Then(affine) is { Channels: > 1 } both
            ? (both.ToLayer(), producer.Inputs[operand])
            : null;
    }
}
