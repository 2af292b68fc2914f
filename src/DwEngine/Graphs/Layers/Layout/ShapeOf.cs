using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The dimensions of its input as a vector of Int64. They are known when a plan is made, so this is a constant.</summary>
/// <param name="start">The first axis; a negative one counts from the end, and one beyond the ends is moved to them.</param>
/// <param name="end">The axis before which to stop, counted alike; null for the end.</param>
public sealed class ShapeOf(int start = 0, int? end = null) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "ShapeOf";

    /// <summary>The first axis.</summary>
    public int Start { get; } = start;

    /// <summary>The axis before which to stop; null for the end.</summary>
    public int? End { get; } = end;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        Start == 0 && End is null ? [] : End is { } end ? [new("start", Start), new("end", end)] : [new("start", Start)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [Fact.Of(Dimensions(inputs[0].Shape))];

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [Dimensions(inputs[0].Shape)];

    internal override void Lower(ILowering lowering)
    {
        // The plan holds constants itself.
    }

    private Tensor Dimensions(Shape shape)
    {
        int first = Bound(Start, shape.Rank), last = Math.Max(first, Bound(End ?? shape.Rank, shape.Rank));
        long[] dimensions = new long[last - first];
        for (int axis = first; axis < last; axis++)
        {
            dimensions[axis - first] = shape[axis];
        }

        return Tensor.FromBytes(ElementType.Int64, new Shape(dimensions.Length), MemoryMarshal.AsBytes(dimensions.AsSpan()).ToArray());
    }

    private static int Bound(int axis, int rank) => Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
}
