using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Batch normalisation with fixed statistics (Ioffe and Szegedy, arXiv 1502.03167, algorithm 2):
/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel, which is axis 1.
/// </summary>
public sealed class BatchNorm : FloatLayer
{
    /// <summary>What PyTorch and ONNX add to the variance by default.</summary>
    public const double DefaultEpsilon = 1e-5;

    /// <summary>Creates the layer from four vectors of equal length, Float32.</summary>
    /// <param name="weight">Scale after normalisation.</param>
    /// <param name="bias">Shift after normalisation.</param>
    /// <param name="mean">The channels' means.</param>
    /// <param name="variance">The channels' variances.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="ShapeException">The tensors are not vectors of equal length.</exception>
    /// <exception cref="GraphException">A variance plus epsilon is not positive, or a tensor is not Float32.</exception>
    public BatchNorm(Tensor weight, Tensor bias, Tensor mean, Tensor variance, double epsilon = DefaultEpsilon)
    {
        LayerChecks.RequireParameter("weight", weight, 1);
        LayerChecks.RequireVector("bias", bias, weight.Shape[0]);
        LayerChecks.RequireVector("mean", mean, weight.Shape[0]);
        LayerChecks.RequireVector("variance", variance, weight.Shape[0]);
        foreach (float value in variance.Floats)
        {
            if (!(value + epsilon > 0))
            {
                throw new GraphException($"expected variances that are positive with epsilon added, found {value} + {epsilon}.");
            }
        }

        Weight = weight;
        Bias = bias;
        Mean = mean;
        Variance = variance;
        Epsilon = epsilon;
    }

    /// <inheritdoc/>
    public override string Kind => "BatchNorm";

    /// <summary>Scale after normalisation, one value for each channel.</summary>
    public Tensor Weight { get; }

    /// <summary>Shift after normalisation, one value for each channel.</summary>
    public Tensor Bias { get; }

    /// <summary>The channels' means.</summary>
    public Tensor Mean { get; }

    /// <summary>The channels' variances.</summary>
    public Tensor Variance { get; }

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }

    /// <summary>The number of channels.</summary>
    public int Channels => Weight.Shape[0];

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("epsilon", Epsilon)];

    /// <inheritdoc/>
    public override ImmutableArray<LayerParameter> Parameters =>
    [
        new("weight", Weight),
        new("bias", Bias),
        new("running_mean", Mean, IsStatistic: true),
        new("running_var", Variance, IsStatistic: true),
    ];

    /// <summary>The layer as y = Scale * x + Shift for each channel.</summary>
    public (double[] Scale, double[] Shift) ToAffine()
    {
        double[] scale = new double[Channels], shift = new double[Channels];
        for (int c = 0; c < scale.Length; c++)
        {
            scale[c] = Weight.Floats[c] / Math.Sqrt(Variance.Floats[c] + Epsilon);
            shift[c] = Bias.Floats[c] - (Mean.Floats[c] * scale[c]);
        }

        return (scale, shift);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 2);
        LayerChecks.RequireChannels(inputs[0], Channels);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = inputs[0].Shape;
        float[] output = NewBuffer(shape);
        BatchNormReference.Run(
            shape[0], Channels, LayerChecks.Pixels(shape), inputs[0].Floats, Weight.Floats, Bias.Floats, Mean.Floats, Variance.Floats,
            Epsilon, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        (double[] scale, double[] shift) = ToAffine();
        Planes input = lowering.Input(0), output = lowering.Allocate(0);
        // The features of a matrix lie along its rows; each becomes a plane of one element.
        if (shape.Rank == 2)
        {
            (input, output) = (input.Cut(Channels), output.Cut(Channels));
        }

        lowering.Emit(
            new ScaleShiftProblem(
                shape[0], Channels, input.Length, Array.ConvertAll(scale, x => (float)x), Array.ConvertAll(shift, x => (float)x),
                Clamp.None),
            [input],
            output);
    }
}
