using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Takes axes of length 1 away (ONNX, operator Squeeze).</summary>
public sealed class Squeeze : ReshapingLayer
{
    private readonly ImmutableArray<int> _axes;

    /// <summary>
    /// Creates a layer that takes all axes of length 1 away, or those that a second input names: a constant vector of Int64 or Int32.
    /// </summary>
    public Squeeze()
    {
    }

    /// <summary>Creates a layer that takes certain axes away.</summary>
    /// <param name="axes">The axes; negative ones count from the end.</param>
    public Squeeze(params ImmutableArray<int> axes) => _axes = axes.IsDefault ? [] : axes;

    /// <inheritdoc/>
    public override string Kind => "Squeeze";

    /// <inheritdoc/>
    public override int MaximumInputs => _axes.IsDefault ? 2 : 1;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => _axes.IsDefault ? [] : [new("axes", _axes)];

    private protected override Shape ShapeFor(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        ImmutableArray<int> asked = !_axes.IsDefault ? _axes
            : inputs.Length > 1 ? LayerChecks.RequireIntegers(inputs[1], "the axes")
            : [.. Enumerable.Range(0, input.Rank).Where(axis => input[axis] == 1)];
        SortedSet<int> axes = Distinct(input, asked);
        return axes.All(axis => input[axis] == 1)
            ? new Shape([.. Enumerable.Range(0, input.Rank).Where(axis => !axes.Contains(axis)).Select(axis => input[axis])])
            : throw new ShapeException($"expected axes of length 1, found [{string.Join(", ", axes)}] of input {input}.");
    }
}
