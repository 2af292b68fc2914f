using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Hands its input on. It also stands for layers that do nothing at inference, such as dropout.</summary>
public sealed class Identity : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Identity";

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [inputs[0]];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [inputs[0]];

    internal override void Lower(ILowering lowering)
    {
        (Planes planes, int axes) = lowering.View(0);
        lowering.Alias(0, planes, axes);
    }
}
