using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The dimensions of its input as a vector of Int64. They are known when a plan is made, so this is a constant.</summary>
public sealed class ShapeOf : Layer
{
    /// <inheritdoc/>
    public override string Kind => "ShapeOf";

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

    private static Tensor Dimensions(Shape shape)
    {
        long[] dimensions = new long[shape.Rank];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            dimensions[axis] = shape[axis];
        }

        return Tensor.FromBytes(ElementType.Int64, new Shape(shape.Rank), MemoryMarshal.AsBytes(dimensions.AsSpan()).ToArray());
    }
}
