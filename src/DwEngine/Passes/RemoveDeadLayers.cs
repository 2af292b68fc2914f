using DwEngine.Graphs;

namespace DwEngine.Passes;

/// <summary>Removes nodes none of whose outputs reaches an output of the graph. Inputs stay, read or not.</summary>
public sealed class RemoveDeadLayers : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "remove-dead-layers";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        var rewriter = new GraphRewriter(graph);
        HashSet<Value> needed = [.. graph.Outputs.Select(output => output.Value)];
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(needed.Contains))
            {
                needed.UnionWith(node.Inputs);
            }
            else
            {
                rewriter.Remove(node);
            }
        }

        return rewriter.ToGraph();
    }

    /// <summary>The rewritten graph without what nobody reads any more; the old one if nothing was rewritten.</summary>
    internal static Graph After(GraphRewriter rewriter, Graph graph)
    {
        Graph rewritten = rewriter.ToGraph();
        return rewritten == graph ? graph : new RemoveDeadLayers().Run(rewritten);
    }
}
