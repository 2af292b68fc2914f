using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Normalises all that lies along an axis and those behind it together. The scale and the shift have the shape of these axes.
/// </summary>
public sealed class LayerNorm : NormalizationLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="axis">The first axis; a negative one counts from the end.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="GraphException">epsilon is negative or no number.</exception>
    public LayerNorm(int axis = -1, double epsilon = 1e-5)
        : base(epsilon) => Axis = axis;

    /// <inheritdoc/>
    public override string Kind => "LayerNorm";

    /// <summary>The first axis; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis), .. base.Attributes];

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        LayerChecks.RequireAxis(inputs[0].Shape, Axis) > 0 && base.KeepsImagesApart(inputs);

    private protected override (Shape Scales, int Groups, int ChannelAxes) Divide(Shape input)
    {
        LayerChecks.RequireRank(input, 1);
        int axis = LayerChecks.RequireAxis(input, Axis);
        var scales = new Shape(input.Dimensions[axis..]);
        return (scales, checked((int)(input.ElementCount / scales.ElementCount)), -1);
    }
}
