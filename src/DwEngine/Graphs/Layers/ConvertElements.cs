using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes Float32 of a UInt8 image: y = x * scale + shift for each channel, which is axis 1. It lets a picture be a network's input, with
/// the normalisation as a layer.
/// </summary>
public sealed class ConvertElements : Layer
{
    /// <summary>Creates the layer from two vectors of equal length, Float32.</summary>
    /// <param name="scale">A factor for each channel.</param>
    /// <param name="shift">A summand for each channel.</param>
    /// <exception cref="ShapeException">The tensors are not vectors of equal length.</exception>
    /// <exception cref="GraphException">A tensor is not Float32.</exception>
    public ConvertElements(Tensor scale, Tensor shift)
    {
        LayerChecks.RequireParameter("scale", scale, 1);
        LayerChecks.RequireVector("shift", shift, scale.Shape[0]);
        (Scale, Shift) = (scale, shift);
    }

    /// <inheritdoc/>
    public override string Kind => "Convert";

    /// <summary>A factor for each channel.</summary>
    public Tensor Scale { get; }

    /// <summary>A summand for each channel.</summary>
    public Tensor Shift { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters => [new("scale", Scale), new("shift", Shift)];

    /// <summary>The layer that makes (x / 255 - mean) / deviation of each byte x.</summary>
    /// <param name="mean">The mean of each channel on the scale of 0 to 1.</param>
    /// <param name="standardDeviation">The standard deviation of each channel on the scale of 0 to 1.</param>
    /// <exception cref="GraphException">The lists are empty or of different lengths, or a deviation is not positive.</exception>
    public static ConvertElements Normalization(ReadOnlySpan<float> mean, ReadOnlySpan<float> standardDeviation)
    {
        if (mean.IsEmpty || mean.Length != standardDeviation.Length)
        {
            throw new GraphException($"expected as many means as deviations, found {mean.Length} and {standardDeviation.Length}.");
        }

        float[] scale = new float[mean.Length], shift = new float[mean.Length];
        for (int channel = 0; channel < scale.Length; channel++)
        {
            double deviation = standardDeviation[channel];
            scale[channel] = deviation > 0
                ? (float)(1 / (255 * deviation))
                : throw new GraphException($"expected positive deviations, found {deviation}.");
            shift[channel] = (float)(-mean[channel] / deviation);
        }

        var shape = new Shape(scale.Length);
        return new ConvertElements(Tensor.FromFloats(shape, scale), Tensor.FromFloats(shape, shift));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        if (inputs[0].Type != ElementType.UInt8)
        {
            throw new ShapeException($"expected a UInt8 input, found {inputs[0].Typed}.");
        }

        LayerChecks.RequireRank(inputs[0].Shape, 3);
        LayerChecks.RequireChannels(inputs[0].Shape, Scale.Shape[0]);
        return [inputs[0].Shape];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = Infer([Fact.Of(inputs[0])])[0].Shape;
        float[] output = NewBuffer(shape);
        int pixels = LayerChecks.Pixels(shape);
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / pixels % shape[1];
            output[i] = (float)(((double)inputs[0].Bytes[i] * Scale.Floats[channel]) + Shift.Floats[channel]);
        }

        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Planes input = lowering.Input(0);
        lowering.Emit(
            new ConvertProblem(shape[0], shape[1], input.Length, Scale.Floats.ToArray(), Shift.Floats.ToArray()), [input],
            lowering.Allocate(0));
    }
}
