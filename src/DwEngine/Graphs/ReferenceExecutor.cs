using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs;

/// <summary>Runs a graph layer by layer with the naive references: slow, and the truth for everything that is fast.</summary>
public static class ReferenceExecutor
{
    /// <summary>Runs a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">One tensor of the input's type for each input, by name.</param>
    /// <returns>One tensor for each output, by name.</returns>
    /// <exception cref="ShapeException">A layer cannot take what it is fed.</exception>
    /// <exception cref="GraphException">An input is missing, unknown, or of another type.</exception>
    public static IReadOnlyDictionary<string, Tensor> Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        IReadOnlyDictionary<Value, Tensor> values = RunAll(graph, inputs);
        return graph.Outputs.ToDictionary(output => output.Name, output => values[output.Value], StringComparer.Ordinal);
    }

    /// <summary>Runs a graph that has one input and one output.</summary>
    /// <exception cref="ShapeException">A layer cannot take what it is fed.</exception>
    /// <exception cref="GraphException">The graph has several inputs or outputs, or the input is of another type.</exception>
    public static Tensor Run(Graph graph, Tensor input) => graph is { Inputs: [var only], Outputs: [var output] }
        ? Run(graph, new Dictionary<string, Tensor> { [only.Name] = input })[output.Name]
        : throw new GraphException(
            $"Expected a graph with one input and one output, found {graph.Inputs.Length} and {graph.Outputs.Length}.");

    /// <summary>Runs a graph and keeps every value.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">One tensor of the input's type for each input, by name.</param>
    /// <exception cref="ShapeException">A layer cannot take what it is fed.</exception>
    /// <exception cref="GraphException">An input is missing, unknown, or of another type.</exception>
    public static IReadOnlyDictionary<Value, Tensor> RunAll(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var values = new Dictionary<Value, Tensor>();
        foreach (GraphInput input in graph.Inputs)
        {
            values.Add(input.Value, inputs.TryGetValue(input.Name, out Tensor? tensor) && tensor.Type == input.Type
                ? tensor
                : throw new GraphException(
                    $"Expected a {input.Type} tensor for the input '{input.Name}', found {tensor?.Type.ToString() ?? "none"}."));
        }

        foreach (string name in inputs.Keys)
        {
            if (graph.Inputs.All(input => input.Name != name))
            {
                throw Words.UnknownName("input", name, graph.Inputs.Select(input => input.Name), $"{nameof(Graph)}.{nameof(Graph.Inputs)}");
            }
        }

        // Names the node in the error that a layer could only raise without it.
        graph.Infer([.. graph.Inputs.Select(input => values[input.Value].Shape)]);
        foreach (Node node in graph.Nodes)
        {
            ImmutableArray<Tensor> outputs = Run(node, [.. node.Inputs.Select(value => values[value])]);
            for (int i = 0; i < outputs.Length; i++)
            {
                values.Add(node.Outputs[i], outputs[i]);
            }
        }

        return values;
    }

    private static ImmutableArray<Tensor> Run(Node node, Tensor[] inputs)
    {
        try
        {
            return node.Layer.Reference(inputs);
        }
        catch (ShapeException problem)
        {
            throw new ShapeException($"Node {node}: {problem.Message}", problem);
        }
    }
}
