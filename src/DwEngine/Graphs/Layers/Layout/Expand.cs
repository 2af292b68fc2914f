using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Repeats its input along axes of length 1, and along new axes before the first, until its shape fits another (ONNX, operator Expand). A
/// dimension of 1 leaves the input's as it is.
/// </summary>
public sealed class Expand : RearrangingLayer
{
    private readonly ImmutableArray<int> _dimensions;

    /// <summary>Creates a layer whose second input says the dimensions: a constant vector of Int64 or Int32.</summary>
    public Expand()
    {
    }

    /// <summary>Creates a layer that expands to certain dimensions.</summary>
    /// <param name="dimensions">The dimensions, the last of which belongs to the input's last axis.</param>
    /// <exception cref="GraphException">There are too many dimensions, or one is not positive.</exception>
    public Expand(params ImmutableArray<int> dimensions)
    {
        _dimensions = dimensions.IsDefault ? [] : dimensions;
        if (_dimensions.Length > Shape.MaxRank || _dimensions.Any(size => size < 1))
        {
            throw new GraphException($"expected at most {Shape.MaxRank} positive dimensions, found [{string.Join(", ", _dimensions)}].");
        }
    }

    /// <inheritdoc/>
    public override string Kind => "Expand";

    /// <inheritdoc/>
    public override int MinimumInputs => MaximumInputs;

    /// <inheritdoc/>
    public override int MaximumInputs => _dimensions.IsDefault ? 2 : 1;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => _dimensions.IsDefault ? [] : [new("dimensions", _dimensions)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        ImmutableArray<int> asked = _dimensions.IsDefault ? LayerChecks.RequireIntegers(inputs[1], "the dimensions") : _dimensions;
        int[] dimensions = new int[Math.Max(input.Rank, asked.Length)];
        for (int i = 1; i <= dimensions.Length; i++)
        {
            int present = i <= input.Rank ? input[^i] : 1, size = i <= asked.Length ? asked[^i] : 1;
            dimensions[^i] = size >= 1 && (present == size || present == 1 || size == 1)
                ? Math.Max(present, size)
                : throw new ShapeException($"input {input} cannot be expanded to [{string.Join(", ", asked)}].");
        }

        return [new Fact(inputs[0].Type, LayerChecks.RequireShape(dimensions))];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        return input.Rank == output.Rank && input.Rank > 0 && input[0] == output[0];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape;
        return
        [
            RearrangeReference.Run(inputs[0], Infer(LayerChecks.FactsOf(inputs))[0].Shape, output =>
            [
                .. output[^input.Rank..].Select((index, axis) => input[axis] == 1 ? 0 : index),
            ]),
        ];
    }

    private protected override (Rearrangement Rearrangement, ulong Fill) Rearrange(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        int added = output.Rank - input.Rank;
        return (new Rearrangement(input, [.. Enumerable.Range(0, output.Rank).Select(SourceOf)]), 0);

        AxisSource SourceOf(int axis) => axis < added ? AxisSource.New(output[axis])
            : input[axis - added] == 1 ? new AxisSource(axis - added, [.. new int[output[axis]]])
            : AxisSource.Whole(axis - added, output[axis]);
    }
}
