using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>A value that never changes.</summary>
/// <param name="value">The value, of any type.</param>
public sealed class Constant(Tensor value) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "Constant";

    /// <inheritdoc/>
    public override int MinimumInputs => 0;

    /// <inheritdoc/>
    public override int MaximumInputs => 0;

    /// <summary>The value.</summary>
    public Tensor Value { get; } = value ?? throw new ArgumentNullException(nameof(value));

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters => [new("value", Value)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [Fact.Of(Value)];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [Value];

    internal override void Lower(ILowering lowering)
    {
        // The plan holds constants itself.
    }
}
