using System.Collections.Immutable;

namespace DwEngine.Graphs;

/// <summary>
/// Collects changes to a graph and makes a new graph of them; the old one stays as it is. What a pass changes may be ill formed in
/// between; the new graph's constructor checks the result.
/// </summary>
public sealed class GraphRewriter
{
    private readonly Graph _graph;
    private readonly List<Node?> _nodes;
    private readonly Dictionary<Node, int> _places = [];
    private readonly Dictionary<Value, Node> _producers = [];
    private readonly Dictionary<Value, Value> _replacements = [];

    /// <summary>Starts with a graph's nodes.</summary>
    public GraphRewriter(Graph graph)
    {
        _graph = graph;
        _nodes = [.. graph.Nodes];
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            Register(graph.Nodes[i], i);
        }
    }

    /// <summary>The node that produces a value as things stand, or null if none does.</summary>
    public Node? ProducerOf(Value value) => _producers.GetValueOrDefault(value);

    /// <summary>Puts other nodes in the place of one.</summary>
    /// <exception cref="GraphException">The node is not, or no longer, in the graph.</exception>
    public void Replace(Node node, params ReadOnlySpan<Node> replacements)
    {
        int place = Remove(node);
        for (int i = 0; i < replacements.Length; i++)
        {
            // Order among nodes is only a preference, so that all but the first may stand at the end.
            if (i > 0)
            {
                place = _nodes.Count;
                _nodes.Add(null);
            }

            _nodes[place] = replacements[i];
            Register(replacements[i], place);
        }
    }

    /// <summary>Takes a node out.</summary>
    /// <returns>The place that is free now.</returns>
    /// <exception cref="GraphException">The node is not, or no longer, in the graph.</exception>
    public int Remove(Node node)
    {
        if (!_places.Remove(node, out int place))
        {
            throw new GraphException($"Node {node} is not in the graph that is rewritten.");
        }

        foreach (Value value in node.Outputs)
        {
            if (_producers.TryGetValue(value, out Node? producer) && producer == node)
            {
                _producers.Remove(value);
            }
        }

        _nodes[place] = null;
        return place;
    }

    /// <summary>Lets every node and output that reads <paramref name="from"/> read <paramref name="to"/> instead.</summary>
    public void Rewire(Value from, Value to) => _replacements[from] = to;

    /// <summary>Makes the new graph; without any change it is the old one.</summary>
    /// <exception cref="GraphException">The changes leave a graph that is not well formed.</exception>
    public Graph ToGraph() => _replacements.Count == 0 && _nodes.SequenceEqual(_graph.Nodes)
        ? _graph
        : new Graph(
            _nodes.OfType<Node>().Select(Resolve),
            _graph.Inputs,
            [.. _graph.Outputs.Select(output => output with { Value = Resolve(output.Value) })]);

    private void Register(Node node, int place)
    {
        _places.Add(node, place);
        foreach (Value value in node.Outputs)
        {
            _producers[value] = node;
        }
    }

    private Node Resolve(Node node) => node.Inputs.Any(_replacements.ContainsKey)
        ? new Node(node.Name, node.Layer, [.. node.Inputs.Select(Resolve)], node.Outputs)
        : node;

    private Value Resolve(Value value)
    {
        // Each replacement is followed once at most, so that a ring of them ends.
        for (int i = 0; i < _replacements.Count && _replacements.TryGetValue(value, out Value? next); i++)
        {
            value = next;
        }

        return value;
    }
}
