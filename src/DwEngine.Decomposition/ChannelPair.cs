using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// A regular convolution of d channels, followed by a pointwise one (channel decomposition; X. Zhang et al., "Accelerating Very Deep
/// Convolutional Networks for Classification and Detection", 2015): y^ = P (S x) + b^.
/// </summary>
public sealed class ChannelPair : ConvolutionPair
{
    /// <summary>Wraps the factors without copying them.</summary>
    /// <param name="spatial">S, d x (c * q) with q = kernelHeight * kernelWidth.</param>
    /// <param name="pointwise">P, n x d.</param>
    /// <param name="bias">b^, n numbers.</param>
    /// <param name="kernelHeight">Rows of the kernel.</param>
    /// <param name="kernelWidth">Columns of the kernel.</param>
    /// <exception cref="ShapeException">The sizes contradict each other.</exception>
    public ChannelPair(Matrix spatial, Matrix pointwise, double[] bias, int kernelHeight, int kernelWidth)
        : base(pointwise, bias, kernelHeight, kernelWidth)
    {
        ArgumentNullException.ThrowIfNull(spatial);
        long taps = (long)kernelHeight * kernelWidth;
        if (kernelHeight < 1 || kernelWidth < 1 || spatial.Rows != pointwise.Columns || spatial.Columns % taps != 0)
        {
            throw new ShapeException(
                $"No pair of kernel {kernelHeight}x{kernelWidth}: spatial {spatial.Describe()}, pointwise {pointwise.Describe()}.");
        }

        Spatial = spatial;
    }

    /// <summary>
    /// The channels d that cost at most what T depthwise filters for each input channel do: floor(T (cq + cn) / (cq + n)), 1 to n.
    /// </summary>
    /// <param name="target">The regular convolution.</param>
    /// <param name="rank">T.</param>
    public static int ChannelsFor(CompositeConvolution target, int rank)
    {
        ArgumentNullException.ThrowIfNull(target);
        long separable = rank * (long)target.Inputs * (target.Taps + target.Outputs);
        return (int)Math.Max(1, Math.Min(separable / (target.Weights.Columns + target.Outputs), target.Outputs));
    }

    /// <summary>S, d x (c * q).</summary>
    public Matrix Spatial { get; }

    /// <inheritdoc/>
    public override int Inputs => Spatial.Columns / (KernelHeight * KernelWidth);

    /// <inheritdoc/>
    public override int SpatialGroups => 1;

    /// <summary>Multiply-adds for each output position, d * (c * q + n).</summary>
    public override long MultiplyAddsPerPosition => (long)Spatial.Rows * (Spatial.Columns + Pointwise.Rows);

    /// <inheritdoc/>
    public override CompositeConvolution Expand() => new(Pointwise.Multiply(Spatial), Bias.ToArray(), KernelHeight, KernelWidth);

    /// <inheritdoc/>
    public override Tensor SpatialTensor() => Narrow("spatial", new Shape(Spatial.Rows, Inputs, KernelHeight, KernelWidth), Spatial.Values);

    /// <inheritdoc/>
    protected override Matrix Filter(Matrix patches)
    {
        ArgumentNullException.ThrowIfNull(patches);
        return patches.MultiplyTranspose(Spatial);
    }
}
