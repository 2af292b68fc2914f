using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A layer that gives its first input another shape; the elements, of any type, keep their order.</summary>
public abstract class ReshapingLayer : Layer
{
    private protected ReshapingLayer()
    {
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        LayerChecks.RequireNotEmpty(inputs[0].Shape);
        return [new Fact(inputs[0].Type, ShapeFor(inputs))];
    }

    /// <inheritdoc/>
    public sealed override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = ShapeFor(inputs);
        return input.Rank > 0 && output.Rank > 0 && input[0] == output[0];
    }

    /// <inheritdoc/>
    public sealed override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
        [Tensor.FromBytes(inputs[0].Type, ShapeFor(LayerChecks.FactsOf(inputs)), inputs[0].Bytes.ToArray())];

    internal sealed override void Lower(ILowering lowering)
    {
        (Planes planes, int axes) = Reshaping.Place(lowering, lowering.View(0).Planes, lowering.OutputFact(0));
        lowering.Alias(0, planes, axes);
    }

    /// <summary>The output's shape, of as many elements as the first input.</summary>
    private protected abstract Shape ShapeFor(ReadOnlySpan<Fact> inputs);

    /// <summary>Axes counted from the first, each once.</summary>
    private protected static SortedSet<int> Distinct(Shape shape, ImmutableArray<int> axes)
    {
        var set = new SortedSet<int>();
        foreach (int axis in axes)
        {
            if (!set.Add(LayerChecks.RequireAxis(shape, axis)))
            {
                throw new ShapeException($"axis {axis} is named twice.");
            }
        }

        return set;
    }
}
