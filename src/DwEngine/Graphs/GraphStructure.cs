using System.Collections.Immutable;

namespace DwEngine.Graphs;

/// <summary>What makes a graph well formed, and the order of its nodes.</summary>
internal static class GraphStructure
{
    /// <summary>Throws unless names are unique and every value that is read or handed out is produced exactly once.</summary>
    public static void Check(ImmutableArray<Node> nodes, ImmutableArray<GraphInput> inputs, ImmutableArray<GraphOutput> outputs)
    {
        if (inputs.IsDefault || outputs.IsDefaultOrEmpty)
        {
            throw new GraphException("A graph needs at least one output.");
        }

        // Where each value comes from, for the messages.
        var sources = new Dictionary<Value, string>();
        var valueNames = new Dictionary<string, string>(StringComparer.Ordinal);
        var nodeNames = new HashSet<string>(StringComparer.Ordinal);
        foreach (GraphInput input in inputs)
        {
            Define(input.Value, $"input '{input.Name}'");
        }

        foreach (Node node in nodes)
        {
            if (!nodeNames.Add(node.Name))
            {
                throw new GraphException($"Two nodes have the name '{node.Name}'.");
            }

            foreach (Value value in node.Outputs)
            {
                Define(value, $"node {node}");
            }
        }

        foreach (Node node in nodes)
        {
            foreach (Value value in node.Inputs)
            {
                if (!sources.ContainsKey(value))
                {
                    throw new GraphException($"Node {node} reads the value '{value}', which neither a node nor an input produces.");
                }
            }
        }

        var outputNames = new HashSet<string>(StringComparer.Ordinal);
        foreach (GraphOutput output in outputs)
        {
            if (string.IsNullOrEmpty(output.Name))
            {
                throw new GraphException($"The output that is the value '{output.Value}' has no name; each output needs one.");
            }

            if (!outputNames.Add(output.Name))
            {
                throw new GraphException($"Two outputs have the name '{output.Name}'; each output needs a name of its own.");
            }

            if (!sources.ContainsKey(output.Value))
            {
                throw new GraphException(
                    $"Output '{output.Name}' is the value '{output.Value}', which neither a node nor an input produces.");
            }
        }

        void Define(Value value, string source)
        {
            if (sources.TryGetValue(value, out string? first))
            {
                throw new GraphException($"The value '{value}' is produced twice: by {first} and by {source}.");
            }

            if (!valueNames.TryAdd(value.Name, source))
            {
                throw new GraphException($"Two values have the name '{value}': one from {valueNames[value.Name]} and one from {source}.");
            }

            sources.Add(value, source);
        }
    }

    /// <summary>The nodes ordered by the flow of values; of those that could come next, the first given comes first.</summary>
    /// <exception cref="GraphException">The nodes form a cycle; the message names one node of it.</exception>
    public static ImmutableArray<Node> Sort(ImmutableArray<Node> nodes)
    {
        var producer = new Dictionary<Value, int>();
        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (Value value in nodes[i].Outputs)
            {
                producer.Add(value, i);
            }
        }

        int[] waitsFor = new int[nodes.Length];
        var releases = new List<int>[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            releases[i] = [];
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (Value value in nodes[i].Inputs)
            {
                if (producer.TryGetValue(value, out int from))
                {
                    releases[from].Add(i);
                    waitsFor[i]++;
                }
            }
        }

        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < nodes.Length; i++)
        {
            if (waitsFor[i] == 0)
            {
                ready.Enqueue(i, i);
            }
        }

        var sorted = ImmutableArray.CreateBuilder<Node>(nodes.Length);
        while (ready.TryDequeue(out int next, out _))
        {
            sorted.Add(nodes[next]);
            foreach (int follower in releases[next])
            {
                if (--waitsFor[follower] == 0)
                {
                    ready.Enqueue(follower, follower);
                }
            }
        }

        return sorted.Count == nodes.Length
            ? sorted.MoveToImmutable()
            : throw new GraphException($"The nodes form a cycle through {nodes[CycleMember(nodes, producer, waitsFor)]}.");
    }

    private static int CycleMember(ImmutableArray<Node> nodes, Dictionary<Value, int> producer, int[] waitsFor)
    {
        // A node that still waits is in a cycle or behind one. Walking back through nodes that wait, as often as there are nodes, ends in
        // the cycle.
        int at = Array.FindIndex(waitsFor, count => count > 0);
        for (int step = 0; step < nodes.Length; step++)
        {
            at = nodes[at].Inputs.Where(producer.ContainsKey).Select(value => producer[value]).First(from => waitsFor[from] > 0);
        }

        return at;
    }
}
