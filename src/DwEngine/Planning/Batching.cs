using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Planning;

/// <summary>Whether the images of a batch can be computed one by one.</summary>
internal static class Batching
{
    /// <summary>
    /// The number of images in the batch, if they can be computed one by one: axis 0 of all inputs and outputs counts them, every layer
    /// keeps them apart, and one image alone has the same shapes. Otherwise 1: the batch is computed as a whole.
    /// </summary>
    public static int IndependentImages(GraphFacts facts)
    {
        Graph graph = facts.Graph;
        if (graph.Inputs.Length == 0)
        {
            return 1;
        }

        Shape first = facts[graph.Inputs[0].Value].Shape;
        int images = first.Rank < 1 ? 1 : first[0];
        if (images < 2
            || !graph.Inputs.All(input => Counts(facts[input.Value], images))
            || !graph.Nodes.All(node => IsApart(node, facts, images)))
        {
            return 1;
        }

        GraphFacts one;
        try
        {
            one = graph.Infer([.. graph.Inputs.Select(input => facts[input.Value].Shape.With(0, 1))]);
        }
        catch (DwEngineException)
        {
            // A layer that takes only this batch, such as a reshape to a fixed size.
            return 1;
        }

        return graph.Nodes.SelectMany(node => node.Outputs).All(value => IsImageOf(one[value], facts[value])) ? images : 1;
    }

    /// <summary>Whether each worker computes images of its own; else all workers share the steps of one.</summary>
    /// <param name="images">What <see cref="IndependentImages"/> gave.</param>
    /// <param name="workers">Workers of the session.</param>
    public static bool IsSpread(int images, int workers) => images > 1 && images >= workers;

    private static bool IsApart(Node node, GraphFacts facts, int images) =>
        node.Outputs.All(value => facts[value].Constant is not null)
        || (node.Layer.KeepsImagesApart(facts.InputsOf(node).AsSpan()) && node.Outputs.All(value => Counts(facts[value], images)));

    private static bool Counts(Fact fact, int images) => fact.Shape.Rank >= 1 && fact.Shape[0] == images;

    private static bool IsImageOf(Fact image, Fact batch) => image.Constant is not null
        ? batch.Constant is { } constant && image.Shape == batch.Shape && image.Constant.Bytes.SequenceEqual(constant.Bytes)
        : batch.Constant is null && image.Shape == batch.Shape.With(0, 1);
}
