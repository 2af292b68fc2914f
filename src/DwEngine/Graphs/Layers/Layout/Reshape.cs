using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Gives its input another shape; the elements keep their order. A dimension of 0 is that of the input at the same axis, and one dimension
/// may be -1: what is left of the elements (ONNX, operator Reshape).
/// </summary>
public sealed class Reshape : Layer
{
    private readonly ImmutableArray<int> _dimensions;

    /// <summary>Creates a layer whose second input says the dimensions: a constant vector of Int64 or Int32.</summary>
    public Reshape()
    {
    }

    /// <summary>Creates a layer that makes a certain shape.</summary>
    /// <param name="dimensions">The dimensions, of which 0 and -1 stand for others.</param>
    /// <exception cref="GraphException">There are too many dimensions, one is below -1, or several are -1.</exception>
    public Reshape(params ImmutableArray<int> dimensions)
    {
        _dimensions = dimensions.IsDefault ? [] : dimensions;
        if (_dimensions.Length > Shape.MaxRank || _dimensions.Any(size => size < -1) || _dimensions.Count(size => size == -1) > 1)
        {
            throw new GraphException(
                $"expected at most {Shape.MaxRank} dimensions, one of them -1 and no other negative; found "
                    + $"[{string.Join(", ", _dimensions)}].");
        }
    }

    /// <inheritdoc/>
    public override string Kind => "Reshape";

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
        ReadOnlySpan<int> asked = DimensionsOf(inputs);
        int[] dimensions = new int[asked.Length];
        long known = 1;
        int open = -1;
        for (int axis = 0; axis < dimensions.Length; axis++)
        {
            dimensions[axis] = asked[axis] == 0 && axis < input.Rank ? input[axis] : asked[axis];
            if (dimensions[axis] == -1 && open < 0)
            {
                open = axis;
            }
            else if (dimensions[axis] < 0)
            {
                throw Misfit(input, asked);
            }
            else
            {
                known *= dimensions[axis];
            }
        }

        if (open >= 0)
        {
            long rest = known == 0 ? 0 : input.ElementCount / known;
            dimensions[open] = rest <= int.MaxValue ? (int)rest : throw Misfit(input, asked);
        }

        return dimensions.Length <= Shape.MaxRank && new Shape(dimensions) is var shape && shape.ElementCount == input.ElementCount
            && shape.ElementCount > 0
            ? [new Fact(inputs[0].Type, shape)]
            : throw Misfit(input, asked);
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        Shape input = inputs[0].Shape, output = Infer(inputs)[0].Shape;
        return input.Rank > 0 && output.Rank > 0 && input[0] == output[0];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
        [Tensor.FromBytes(inputs[0].Type, Infer(LayerChecks.FactsOf(inputs))[0].Shape, inputs[0].Bytes.ToArray())];

    internal override void Lower(ILowering lowering)
    {
        (Planes planes, int axes) = Reshaping.Place(lowering, lowering.View(0).Planes, lowering.OutputFact(0));
        lowering.Alias(0, planes, axes);
    }

    /// <summary>The dimensions that are asked for, of which 0 and -1 stand for others.</summary>
    internal ReadOnlySpan<int> DimensionsOf(ReadOnlySpan<Fact> inputs) =>
        _dimensions.IsDefault ? LayerChecks.RequireIntegers(inputs[1], "the dimensions").AsSpan() : _dimensions.AsSpan();

    private static ShapeException Misfit(Shape input, ReadOnlySpan<int> asked) =>
        new(
            $"the {Words.Count(input.ElementCount, "element")} of input {input} do not make the dimensions "
            + $"[{string.Join(", ", asked.ToArray())}].");
}
