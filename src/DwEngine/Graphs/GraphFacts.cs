using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>What is known of every value of a graph, for certain facts of its inputs.</summary>
public sealed class GraphFacts
{
    // Larger constants are left for the plan: only the arithmetic of shapes needs its results here, and that is small.
    private const long LargestFolded = 4096;

    private readonly Dictionary<Value, Fact> _facts;

    private GraphFacts(Graph graph, Dictionary<Value, Fact> facts)
    {
        Graph = graph;
        _facts = facts;
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>What is known of a value.</summary>
    /// <exception cref="GraphException">The value is not of this graph.</exception>
    public Fact this[Value value] => _facts.TryGetValue(value, out Fact fact)
        ? fact
        : throw new GraphException($"The value '{value}' is not of this graph.");

    /// <summary>What a node reads.</summary>
    public ImmutableArray<Fact> InputsOf(Node node) => [.. node.Inputs.Select(value => this[value])];

    /// <summary>What a node produces.</summary>
    public ImmutableArray<Fact> OutputsOf(Node node) => [.. node.Outputs.Select(value => this[value])];

    /// <summary>Multiply-adds of one node.</summary>
    /// <exception cref="ShapeException">They are more than can be counted in 64 bits; the message names the node.</exception>
    public long MultiplyAdds(Node node)
    {
        try
        {
            return node.Layer.MultiplyAdds(InputsOf(node).AsSpan());
        }
        catch (OverflowException problem)
        {
            throw new ShapeException($"Node {node}: its multiply-adds are more than can be counted in 64 bits.", problem);
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

    /// <summary>Whether a result of that shape is small enough to be computed from constants before anything runs.</summary>
    internal static bool CanFold(Shape shape) => shape.ElementCount <= LargestFolded;

    /// <summary>Whether a value is known and small enough to compute others from before anything runs.</summary>
    internal static bool CanFold(Tensor? constant) => constant is not null && CanFold(constant.Shape);

    /// <summary>Throws if only a run tells how many rows of a value there are.</summary>
    internal static void RequireWholeRows(ReadOnlySpan<Fact> inputs)
    {
        foreach (Fact input in inputs)
        {
            if (input.HasPaddedRows)
            {
                throw new ShapeException(
                    $"reads a value of which only a run tells how many rows there are (at most {input.Shape[0]}); that can only be an "
                    + "output of the network.");
            }
        }
    }

    internal static GraphFacts Infer(Graph graph, ReadOnlySpan<Shape> inputShapes)
    {
        if (inputShapes.Length != graph.Inputs.Length)
        {
            string names = string.Join(", ", graph.Inputs.Select(input => input.Name));
            throw new ShapeException(
                $"Expected one shape for each of the inputs {names}; found {Words.Count(inputShapes.Length, "shape")}.");
        }

        var facts = new Dictionary<Value, Fact>();
        for (int i = 0; i < inputShapes.Length; i++)
        {
            facts.Add(graph.Inputs[i].Value, new Fact(graph.Inputs[i].Type, inputShapes[i]));
        }

        foreach (Node node in graph.Nodes)
        {
            ImmutableArray<Fact> outputs = Infer(node, [.. node.Inputs.Select(value => facts[value])]);
            for (int i = 0; i < outputs.Length; i++)
            {
                facts.Add(node.Outputs[i], outputs[i]);
            }
        }

        return new GraphFacts(graph, facts);
    }

    /// <summary>
    /// What one node produces; an error names the node. Small results that follow from constants alone are computed here.
    /// </summary>
    internal static ImmutableArray<Fact> Infer(Node node, ImmutableArray<Fact> inputs)
    {
        try
        {
            RequireWholeRows(inputs.AsSpan());
            ImmutableArray<Fact> outputs = node.Layer.Infer(inputs.AsSpan());
            bool canFold = inputs.Length > 0 && inputs.All(input => input.Constant is not null)
                && outputs.Any(output => output.Constant is null) && outputs.All(output => CanFold(output.Shape) && !output.HasPaddedRows);
            return canFold ? [.. node.Layer.Reference([.. inputs.Select(input => input.Constant!)]).Select(Fact.Of)] : outputs;
        }
        catch (ShapeException problem)
        {
            throw new ShapeException($"Node {node}: {problem.Message}", problem);
        }
        catch (GraphException problem)
        {
            throw new GraphException($"Node {node}: {problem.Message}", problem);
        }
    }
}
