using System.Globalization;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Runtime;
using DwEngine.Tensors;

namespace DwEngine.Benchmarks.Roofline;

/// <summary>What a step of a run has to do at least.</summary>
/// <param name="Place">The part of the network that it belongs to, such as <c>stage3</c>.</param>
/// <param name="Unit">Its number within that part; null if it has none.</param>
/// <param name="Kind">What it computes and in which shape. Steps of one place and kind have the same work.</param>
/// <param name="MultiplyAdds">Multiply-adds as the layer defines them.</param>
/// <param name="LeastMultiplyAdds">The same, or those of the kernel where it does with fewer, as Winograd's do.</param>
/// <param name="WeightBytes">Bytes of its weights.</param>
/// <param name="PlaneBytes">Bytes of the activations that it reads and writes, each once.</param>
internal sealed record LayerWork(
    string Place, int? Unit, string Kind, long MultiplyAdds, long LeastMultiplyAdds, long WeightBytes, long PlaneBytes)
{
    /// <summary>Each step of a session, in order.</summary>
    public static IEnumerable<LayerWork> Of(Session session)
    {
        Graph graph = session.Model.Optimized;
        GraphFacts facts = graph.Infer(session.InputShape);
        var shared = session.Steps.SelectMany(step => step.Nodes).CountBy(name => name).Where(pair => pair.Value > 1)
            .Select(pair => pair.Key).ToHashSet();
        return session.Steps.Select(step => !step.Nodes.All(name => graph.TryGetNode(name, out _)) ? Copy(step)
            // A layer of two steps has its work in the one that multiplies; what the other one does, another kernel would not.
            : step.Nodes.Any(shared.Contains) && step.MultiplyAdds == 0 ? Preparation(step)
            : Of([.. step.Nodes.Select(name => Of(NodeOf(graph, name), facts))], step, graph, facts) with
            {
                LeastMultiplyAdds = Math.Min(step.MultiplyAdds, step.IssuedMultiplyAdds ?? long.MaxValue),
            });
    }

    /// <summary>Bytes of all weights of a graph.</summary>
    public static long AllWeightBytes(Graph graph) => graph.Nodes.Sum(node => WeightBytesOf(node.Layer));

    private static Node NodeOf(Graph graph, string name) =>
        graph.TryGetNode(name, out Node? node) ? node : throw new KeyNotFoundException(name);

    // What lies between layers that one kernel computes need not be read nor written.
    private static LayerWork Of(LayerWork[] works, StepInfo step, Graph graph, GraphFacts facts)
    {
        LayerWork first = works[0];
        if (works.Length == 1)
        {
            return first;
        }

        long between = step.Nodes.SkipLast(1).Sum(name => facts.OutputsOf(NodeOf(graph, name)).Sum(fact => fact.Shape.ElementCount));
        return first with
        {
            Kind = string.Join(" + ", works.Select(work => work.Kind)),
            MultiplyAdds = works.Sum(work => work.MultiplyAdds),
            WeightBytes = works.Sum(work => work.WeightBytes),
            PlaneBytes = works.Sum(work => work.PlaneBytes) - (2 * Bytes(between)),
        };
    }

    private static LayerWork Of(Node node, GraphFacts facts)
    {
        Shape input = facts[node.Inputs[0]].Shape, output = facts[node.Outputs[0]].Shape;
        Shape[] all = [.. facts.InputsOf(node).Concat(facts.OutputsOf(node)).Select(fact => fact.Shape)];
        string[] parts = node.Name.Split('.');
        int? unit = parts.Length > 2
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        return new LayerWork(
            parts[0],
            unit,
            Describe(node.Layer, input, output),
            facts.MultiplyAdds(node),
            facts.MultiplyAdds(node),
            WeightBytesOf(node.Layer),
            Bytes(all.Sum(shape => shape.ElementCount)));
    }

    // Steps that the planner adds are no layers.
    private static LayerWork Copy(StepInfo step) =>
        new(step.Name, null, step.Kernel, 0, 0, 0, Bytes(2 * step.OutputShape.ElementCount));

    private static LayerWork Preparation(StepInfo step) => new(step.Name, null, step.Kernel, 0, 0, 0, 0);

    private static long WeightBytesOf(Layer layer) => Bytes(layer.Parameters.Sum(parameter => parameter.Tensor.Shape.ElementCount));

    private static long Bytes(long floats) => floats * sizeof(float);

    // Steps of the same text have the same work.
    private static string Describe(Layer layer, Shape input, Shape output)
    {
        string what = layer.Details.Length == 0 ? layer.Kind : $"{layer.Kind} {layer.Details}";
        return output.Rank == 4 ? $"{what} {input[1]}x{output[1]}, {output[2]}x{output[3]}" : $"{what} {input} to {output}";
    }
}
