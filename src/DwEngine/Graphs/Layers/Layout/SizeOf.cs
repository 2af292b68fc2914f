using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The number of elements of its input as a scalar of Int64. It is known when a plan is made, so this is a constant.</summary>
public sealed class SizeOf : Layer
{
    /// <inheritdoc/>
    public override string Kind => "SizeOf";

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [Fact.Of(Count(inputs[0].Shape))];

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [Count(inputs[0].Shape)];

    internal override void Lower(ILowering lowering)
    {
        // The plan holds constants itself.
    }

    private static Tensor Count(Shape shape) => Tensor.FromBytes(ElementType.Int64, new Shape(), BitConverter.GetBytes(shape.ElementCount));
}
