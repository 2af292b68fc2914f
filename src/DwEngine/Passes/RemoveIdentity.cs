using DwEngine.Graphs;
using DwEngine.Graphs.Layers;

namespace DwEngine.Passes;

/// <summary>Removes layers that hand their only input on: identities, and joins, splits and shuffles of a single part.</summary>
public sealed class RemoveIdentity : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "remove-identity";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (IsIdentity(node))
            {
                rewriter.Rewire(node.Outputs[0], node.Inputs[0]);
                rewriter.Remove(node);
            }
        }

        return rewriter.ToGraph();
    }

    private static bool IsIdentity(Node node) => node.Layer switch
    {
        Identity => true,
        Concat => node.Inputs.Length == 1,
        Split split => split.Sizes.Length == 1,
        ChannelShuffle shuffle => shuffle.Groups == 1,
        _ => false,
    };
}
