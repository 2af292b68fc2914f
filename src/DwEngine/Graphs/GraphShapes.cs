using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>The shape of every value of a graph, for certain shapes of its inputs.</summary>
public sealed class GraphShapes
{
    private readonly Dictionary<Value, Shape> _shapes;

    private GraphShapes(Graph graph, Dictionary<Value, Shape> shapes)
    {
        Graph = graph;
        _shapes = shapes;
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>A value's shape.</summary>
    /// <exception cref="KeyNotFoundException">The value is not of this graph.</exception>
    public Shape this[Value value] => _shapes[value];

    /// <summary>The shapes that a node reads.</summary>
    public ImmutableArray<Shape> InputsOf(Node node) => [.. node.Inputs.Select(value => _shapes[value])];

    /// <summary>The shapes that a node produces.</summary>
    public ImmutableArray<Shape> OutputsOf(Node node) => [.. node.Outputs.Select(value => _shapes[value])];

    /// <summary>Multiply-adds of one node.</summary>
    /// <exception cref="ShapeException">They are more than can be counted in 64 bits; the message names the node.</exception>
    public long MultiplyAdds(Node node)
    {
        try
        {
            return node.Layer.MultiplyAdds(InputsOf(node).AsSpan());
        }
        catch (OverflowException)
        {
            throw new ShapeException($"Node {node}: its multiply-adds are more than can be counted in 64 bits.");
        }
    }

    /// <summary>Multiply-adds of the whole graph.</summary>
    /// <exception cref="ShapeException">They are more than can be counted in 64 bits.</exception>
    public long TotalMultiplyAdds
    {
        get
        {
            long total = 0;
            foreach (Node node in Graph.Nodes)
            {
                long next = MultiplyAdds(node);
                total = next <= long.MaxValue - total
                    ? total + next
                    : throw new ShapeException($"Node {node}: the multiply-adds up to here are more than can be counted in 64 bits.");
            }

            return total;
        }
    }

    internal static GraphShapes Infer(Graph graph, ReadOnlySpan<Shape> inputShapes)
    {
        if (inputShapes.Length != graph.Inputs.Length)
        {
            string names = string.Join(", ", graph.Inputs.Select(input => input.Name));
            throw new ShapeException($"Expected one shape for each of the inputs {names}; found {inputShapes.Length} shapes.");
        }

        var shapes = new Dictionary<Value, Shape>();
        for (int i = 0; i < inputShapes.Length; i++)
        {
            shapes.Add(graph.Inputs[i].Value, inputShapes[i]);
        }

        foreach (Node node in graph.Nodes)
        {
            ImmutableArray<Shape> outputs = Infer(node, [.. node.Inputs.Select(value => shapes[value])]);
            for (int i = 0; i < outputs.Length; i++)
            {
                shapes.Add(node.Outputs[i], outputs[i]);
            }
        }

        return new GraphShapes(graph, shapes);
    }

    /// <summary>The shapes that one node produces; an error names the node.</summary>
    internal static ImmutableArray<Shape> Infer(Node node, ImmutableArray<Shape> inputs)
    {
        try
        {
            return node.Layer.InferShapes(inputs.AsSpan());
        }
        catch (ShapeException problem)
        {
            throw new ShapeException($"Node {node}: {problem.Message}", problem);
        }
    }
}
