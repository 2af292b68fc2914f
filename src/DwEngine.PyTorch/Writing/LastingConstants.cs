using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>
/// What of a graph's values is known and stays the same whatever batch and size of image are fed, as far as the layers take them:
/// constants, and what is computed of them and of shapes.
/// </summary>
internal static class LastingConstants
{
    /// <summary>Finds them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="facts">What is known for the graph's default shapes.</param>
    public static Dictionary<Value, Tensor> Of(Graph graph, GraphFacts facts)
    {
        Dictionary<Value, Tensor> constants = [];
        GraphFacts[] others = [.. Variants(graph)];
        foreach (Value value in graph.Values)
        {
            if (facts[value].Constant is { } constant && Array.TrueForAll(others, other => IsSame(constant, other[value].Constant)))
            {
                constants.Add(value, constant);
            }
        }

        return constants;
    }

    private static bool IsSame(Tensor constant, Tensor? other) =>
        other == constant || (other is not null && constant.Shape == other.Shape && constant.Bytes.SequenceEqual(other.Bytes));

    // Other batches, and other sizes of images where the network takes them.
    private static IEnumerable<GraphFacts> Variants(Graph graph)
    {
        Func<Shape, Shape>[] changes =
        [
            shape => shape.Rank > 1 ? shape.With(0, shape[0] + 2) : shape,
            .. new[] { 32, 64 }.Select<int, Func<Shape, Shape>>(more => shape =>
                shape.Rank == 4 ? shape.With(2, shape[2] + more).With(3, shape[3] + more) : shape),
            shape => shape.Rank == 4 ? shape.With(2, shape[2] * 2).With(3, shape[3] * 2) : shape,
            .. Enumerable.Range(1, 3).Select<int, Func<Shape, Shape>>(axis => shape =>
                shape.Rank > axis && shape.Rank != 4 ? shape.With(axis, shape[axis] * 2) : shape),
        ];
        foreach (Func<Shape, Shape> change in changes)
        {
            Shape[] shapes = [.. graph.Inputs.Select(input => change(input.DefaultShape))];
            GraphFacts facts;
            try
            {
                facts = graph.Infer(shapes);
            }
            catch (DwEngineException)
            {
                continue;
            }

            yield return facts;
        }
    }
}
