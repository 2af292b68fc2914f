using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Adds axes of length 1 (ONNX, operator Unsqueeze).</summary>
public sealed class Unsqueeze : ReshapingLayer
{
    private readonly ImmutableArray<int> _axes;

    /// <summary>Creates a layer whose second input names the axes: a constant vector of Int64 or Int32.</summary>
    public Unsqueeze()
    {
    }

    /// <summary>Creates a layer that adds certain axes.</summary>
    /// <param name="axes">The axes of the output that are new; negative ones count from its end.</param>
    public Unsqueeze(params ImmutableArray<int> axes) => _axes = axes.IsDefault ? [] : axes;

    /// <inheritdoc/>
    public override string Kind => "Unsqueeze";

    /// <inheritdoc/>
    public override int MinimumInputs => MaximumInputs;

    /// <inheritdoc/>
    public override int MaximumInputs => _axes.IsDefault ? 2 : 1;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => _axes.IsDefault ? [] : [new("axes", _axes)];

    private protected override Shape ShapeFor(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        ImmutableArray<int> asked = _axes.IsDefault ? LayerChecks.RequireIntegers(inputs[1], "the axes") : _axes;
        if (input.Rank + asked.Length > Shape.MaxRank)
        {
            throw new ShapeException($"{input.Rank + asked.Length} dimensions are more than {Shape.MaxRank}.");
        }

        int[] dimensions = [.. Enumerable.Repeat(1, input.Rank + asked.Length)];
        SortedSet<int> axes = Distinct(new Shape(dimensions), asked);
        int next = 0;
        for (int axis = 0; axis < dimensions.Length; axis++)
        {
            dimensions[axis] = axes.Contains(axis) ? 1 : input[next++];
        }

        return new Shape(dimensions);
    }
}
