using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Normalization;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Each element over (bias + alpha / size * the sum of the squares at its place in so many neighbouring channels) to the power of beta
/// (ONNX, operator LRN). Channels are axis 1.
/// </summary>
public sealed class LocalResponseNorm : FloatLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="size">Channels that count, those beyond the first and last among them.</param>
    /// <param name="alpha">alpha.</param>
    /// <param name="beta">beta.</param>
    /// <param name="bias">bias.</param>
    /// <exception cref="GraphException">The size is not positive.</exception>
    public LocalResponseNorm(int size, double alpha = 1e-4, double beta = 0.75, double bias = 1)
    {
        Size = size > 0 ? size : throw new GraphException($"expected a positive size, found {size}.");
        (Alpha, Beta, Bias) = ((float)alpha, (float)beta, (float)bias);
    }

    /// <inheritdoc/>
    public override string Kind => "LocalResponseNorm";

    /// <summary>Channels that count, those beyond the first and last among them.</summary>
    public int Size { get; }

    /// <summary>alpha.</summary>
    public float Alpha { get; }

    /// <summary>beta.</summary>
    public float Beta { get; }

    /// <summary>bias.</summary>
    public float Bias { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes =>
        [new("size", Size), new("alpha", (double)Alpha), new("beta", (double)Beta), new("bias", (double)Bias)];

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 2);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        Shape shape = input.Shape;
        float[] output = NewBuffer(shape);
        int pixels = LayerChecks.Pixels(shape);
        LocalResponseProblem problem = ProblemOf(shape, pixels);
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i / pixels % shape[1], element = i;
            (int first, int end) = problem.Neighbours(channel);
            double[] neighbours =
                [.. Enumerable.Range(first, end - first).Select(other => (double)input.Floats[element + ((other - channel) * pixels)])];
            output[i] = (float)NormalizationReference.LocalResponse(input.Floats[i], neighbours, Size, Alpha, Beta, Bias);
        }

        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Planes input = lowering.Input(0, shape.Rank - 2);
        lowering.Emit(ProblemOf(shape, input.Length), [input], lowering.Allocate(0, shape.Rank - 2));
    }

    private LocalResponseProblem ProblemOf(Shape shape, int pixels) => new(shape[0], shape[1], pixels, Size, Alpha, Beta, Bias);
}
