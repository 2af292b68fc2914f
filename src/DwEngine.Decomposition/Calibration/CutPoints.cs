using DwEngine.Graphs;

namespace DwEngine.Decomposition.Calibration;

/// <summary>Values through which all that is still to come must flow, and the parts of a graph between such values.</summary>
internal static class CutPoints
{
    /// <summary>
    /// Values from each of which alone all <paramref name="targets"/> can be computed, from input to output; the graph's input is the
    /// first.
    /// </summary>
    public static List<Value> Find(Graph graph, IReadOnlyCollection<Value> targets)
    {
        Value input = graph.Inputs[0].Value;
        List<Node> needed = Ancestors(graph, targets, null);
        Dictionary<Value, int> readers = needed
            .SelectMany(node => node.Inputs.Distinct())
            .CountBy(value => value)
            .ToDictionary();
        var wanted = targets.ToHashSet();
        var free = new HashSet<Value>();
        var live = new HashSet<Value> { input };
        var cuts = new List<Value> { input };
        foreach (Node node in needed)
        {
            foreach (Value value in node.Inputs.Distinct())
            {
                if (--readers[value] == 0 && !wanted.Contains(value))
                {
                    live.Remove(value);
                }
            }

            // What depends on no input is computed again wherever it is read.
            if (node.Inputs.All(free.Contains))
            {
                free.UnionWith(node.Outputs);
                continue;
            }

            live.UnionWith(node.Outputs.Where(value => readers.ContainsKey(value) || wanted.Contains(value)));
            if (live.Count == 1 && live.Single() is var only && only != cuts[^1])
            {
                cuts.Add(only);
            }
        }

        return cuts;
    }

    /// <summary>
    /// The part of a graph that computes <paramref name="to"/> from <paramref name="from"/>, which must be a cut point of it.
    /// </summary>
    public static Graph Between(Graph graph, GraphInput from, Value to) =>
        new(Ancestors(graph, [to], from.Value), [from], [new GraphOutput("value", to)]);

    // The nodes on which the targets depend, in order, but for those behind `stop`.
    private static List<Node> Ancestors(Graph graph, IEnumerable<Value> targets, Value? stop)
    {
        var values = targets.ToHashSet();
        var nodes = new List<Node>();
        foreach (Node node in graph.Nodes.Reverse())
        {
            if (node.Outputs.Any(value => value != stop && values.Contains(value)))
            {
                values.UnionWith(node.Inputs);
                nodes.Add(node);
            }
        }

        nodes.Reverse();
        return nodes;
    }
}
