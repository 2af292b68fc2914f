using System.Collections.Immutable;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// What quantizing and the way back share. The second input is the scale, Float32: one, or a vector of one for each element of an axis. The
/// third, where it is given, is the zero point, of the type of the whole numbers and of the scale's shape. Both are constants.
/// </summary>
public abstract class QuantizationLayer : Layer
{
    private protected QuantizationLayer(int axis) => Axis = axis;

    /// <inheritdoc/>
    public sealed override int MinimumInputs => 2;

    /// <inheritdoc/>
    public sealed override int MaximumInputs => 3;

    /// <summary>The axis that the scales are of, if there are several; a negative one counts from the end.</summary>
    public int Axis { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("axis", Axis)];

    /// <summary>Scales and zero points.</summary>
    /// <param name="inputs">What is known of the inputs.</param>
    /// <param name="type">The type of the whole numbers.</param>
    /// <param name="planes">Planes of the input.</param>
    private protected Quantization QuantizationOf(ReadOnlySpan<Fact> inputs, ElementType type, int planes = 1)
    {
        Shape input = inputs[0].Shape;
        LayerChecks.RequireNotEmpty(input);
        if (type is not (ElementType.UInt8 or ElementType.Int8 or ElementType.Int16 or ElementType.Int32))
        {
            throw new ShapeException($"expected UInt8, Int8, Int16 or Int32 as whole numbers, found {type}.");
        }

        if (inputs[1] is not { Type: ElementType.Float32, Shape.Rank: <= 1, Constant: { } scale })
        {
            throw new ShapeException($"expected a constant Float32 scale, or a vector of them, found {inputs[1]}.");
        }

        float[] scales = scale.Floats.ToArray();
        int[] zeros = new int[scales.Length];
        if (inputs.Length > 2)
        {
            if (inputs[2].Constant is not { } zero || inputs[2].Type != type || zero.Shape.ElementCount != scales.Length)
            {
                throw new ShapeException($"expected {scales.Length} constant zero points of type {type}, found {inputs[2]}.");
            }

            zeros = [.. LayerChecks.RequireIntegers(Fact.Of(CastReference.Run(zero, ElementType.Int64)), "the zero points")];
        }

        int run = checked((int)input.ElementCount), axis = 0;
        if (scales.Length != 1)
        {
            axis = LayerChecks.RequireAxis(input, Axis);
            run = AxisParts.After(input, axis);
        }

        return scales.Length == 1 || scales.Length == input[axis]
            ? new Quantization(planes, (int)(input.ElementCount / planes), run, scales, zeros, type)
            : throw new ShapeException(
                $"expected 1 scale, or one for each element of axis {axis} of input {input}; found {scales.Length}.");
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) =>
        inputs[0].Shape.Rank > 0 && (inputs[1].Shape.ElementCount == 1 || LayerChecks.RequireAxis(inputs[0].Shape, Axis) != 0);
}
