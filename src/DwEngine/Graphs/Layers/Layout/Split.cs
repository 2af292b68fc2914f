using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Parts its input into runs along an axis, each an output of its own: the channels, if no other axis is named.</summary>
public sealed class Split : Layer
{
    /// <summary>Creates the layer from the outputs' channel counts.</summary>
    /// <exception cref="GraphException">There is no size, one is not positive, or their sum exceeds 32 bits.</exception>
    public Split(params ImmutableArray<int> sizes) : this(1, sizes)
    {
    }

    private Split(int axis, ImmutableArray<int> sizes)
    {
        if (sizes.IsDefaultOrEmpty || sizes.Any(size => size < 1) || sizes.Sum(size => (long)size) > int.MaxValue)
        {
            throw new GraphException($"a split needs positive sizes; found [{(sizes.IsDefault ? "" : string.Join(", ", sizes))}].");
        }

        Sizes = sizes;
        Axis = axis;
    }

    /// <inheritdoc/>
    public override string Kind => "Split";

    /// <inheritdoc/>
    public override int OutputCount => Sizes.Length;

    /// <summary>The axis; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <summary>The length of each output along the axis.</summary>
    public ImmutableArray<int> Sizes { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis), new("sizes", Sizes)];

    /// <summary>A split along any axis.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="sizes">The length of each output along the axis.</param>
    /// <inheritdoc cref="Split(ImmutableArray{int})" path="/exception"/>
    public static Split Along(int axis, params ImmutableArray<int> sizes) => new(axis, sizes);

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        Fact input = inputs[0];
        LayerChecks.RequireNotEmpty(input.Shape);
        int axis = LayerChecks.RequireAxis(input.Shape, Axis);
        return input.Shape[axis] == Sizes.Sum()
            ? [.. Sizes.Select(size => new Fact(input.Type, input.Shape.With(axis, size)))]
            : throw new ShapeException(
                $"expected {Sizes.Sum()} {(axis == 1 ? "channels" : $"elements along axis {axis}")}, found {input.Shape[axis]} (input "
                    + $"{input.Shape}).");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        ImmutableArray<Fact> outputs = Infer(LayerChecks.FactsOf(inputs));
        int axis = LayerChecks.RequireAxis(input.Shape, Axis), outer = AxisParts.Before(input.Shape, axis),
        row = input.Bytes.Length / outer;
        var tensors = ImmutableArray.CreateBuilder<Tensor>(outputs.Length);
        int start = 0;
        foreach (Fact output in outputs)
        {
            var bytes = new List<byte>();
            int length = row / input.Shape[axis] * output.Shape[axis];
            for (int part = 0; part < outer; part++)
            {
                bytes.AddRange(input.Bytes.Slice((part * row) + start, length));
            }

            tensors.Add(Tensor.FromBytes(output.Type, output.Shape, [.. bytes]));
            start += length;
        }

        return tensors.MoveToImmutable();
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        int axis = LayerChecks.RequireAxis(shape, Axis), outer = AxisParts.Before(shape, axis);
        int? listed = AxisParts.TryPlaneAxes(shape, axis);
        int axes = listed ?? shape.Rank - axis, start = 0;
        Planes input = lowering.Input(0, axes);
        int row = listed is null ? input.Length : input.Count / outer, unit = row / shape[axis];
        for (int index = 0; index < Sizes.Length; index++)
        {
            int first = start, length = Sizes[index] * unit;
            lowering.Alias(
                index,
                listed is null
                    ? input.Slice(first, length)
                    : input.Select(
                        from part in Enumerable.Range(0, outer)
                        from plane in Enumerable.Range(first, length)
                        select (part * row) + plane),
                axes);
            start += length;
        }
    }
}
