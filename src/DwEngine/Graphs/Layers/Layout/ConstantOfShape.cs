using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// One element again and again (ONNX, operator ConstantOfShape). The input says the dimensions: a constant vector of Int64 or Int32.
/// </summary>
public sealed class ConstantOfShape : Layer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="value">The element, a tensor of one element of any type.</param>
    /// <exception cref="GraphException">There is not exactly one element.</exception>
    public ConstantOfShape(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value.Shape.ElementCount == 1 ? value : throw new GraphException($"expected one element, found {value.Shape}.");
    }

    /// <inheritdoc/>
    public override string Kind => "ConstantOfShape";

    /// <summary>The element.</summary>
    public Tensor Value { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters => [new("value", Value)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs) => [Fact.Of(Fill(inputs[0]))];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) => [Fill(Fact.Of(inputs[0]))];

    internal override void Lower(ILowering lowering)
    {
        // The plan holds constants itself.
    }

    private Tensor Fill(Fact dimensions)
    {
        var shape = new Shape(LayerChecks.RequireIntegers(dimensions, "the dimensions").AsSpan());
        long length = shape.ElementCount <= Array.MaxLength ? shape.ElementCount * Value.Type.Size() : long.MaxValue;
        if (length > Array.MaxLength)
        {
            throw new ShapeException($"A tensor of shape {shape} has more elements than a tensor can hold.");
        }

        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i += Value.Bytes.Length)
        {
            Value.Bytes.CopyTo(bytes.AsSpan(i));
        }

        return Tensor.FromBytes(Value.Type, shape, bytes);
    }
}
