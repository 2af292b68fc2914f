using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// A depthwise convolution with T filters for each of c input channels, followed by a pointwise one:
/// y^ = sum_i sum_t p_it (d_it . x_i) + b^. The filter d_it is row i * T + t, as in a convolution with c groups and c * T outputs.
/// </summary>
public sealed class SeparablePair : ConvolutionPair
{
    /// <summary>Wraps the factors without copying them.</summary>
    /// <param name="depthwise">(c * T) x q with q = kernelHeight * kernelWidth.</param>
    /// <param name="pointwise">n x (c * T).</param>
    /// <param name="bias">n numbers, added after the pointwise convolution.</param>
    /// <param name="rank">T, at least 1.</param>
    /// <param name="kernelHeight">Rows of the kernel.</param>
    /// <param name="kernelWidth">Columns of the kernel.</param>
    /// <exception cref="ShapeException">The sizes contradict each other.</exception>
    public SeparablePair(Matrix depthwise, Matrix pointwise, double[] bias, int rank, int kernelHeight, int kernelWidth)
        : base(pointwise, bias, kernelHeight, kernelWidth)
    {
        ArgumentNullException.ThrowIfNull(depthwise);
        bool fits = rank >= 1 && depthwise.Rows % rank == 0 && depthwise.Columns == (long)kernelHeight * kernelWidth
            && pointwise.Columns == depthwise.Rows;
        if (!fits)
        {
            throw new ShapeException(
                $"No separable pair of rank {rank} and kernel {kernelHeight}x{kernelWidth}: depthwise {depthwise.Describe()}, "
                + $"pointwise {pointwise.Describe()}.");
        }

        Depthwise = depthwise;
        Rank = rank;
    }

    /// <summary>The filters d_it, (c * T) x q.</summary>
    public Matrix Depthwise { get; }

    /// <summary>Filters for each input channel (the depth multiplier), T.</summary>
    public int Rank { get; }

    /// <inheritdoc/>
    public override int Inputs => Depthwise.Rows / Rank;

    /// <inheritdoc/>
    public override int SpatialGroups => Inputs;

    /// <summary>Multiply-adds for each output position, c * T * (q + n).</summary>
    public override long MultiplyAddsPerPosition => (long)Depthwise.Rows * (Depthwise.Columns + Pointwise.Rows);

    /// <inheritdoc/>
    public override CompositeConvolution Expand()
    {
        int taps = Depthwise.Columns;
        Matrix weights = new(Outputs, checked(Inputs * taps));
        for (int o = 0; o < Outputs; o++)
        {
            for (int filter = 0; filter < Depthwise.Rows; filter++)
            {
                Span<double> channel = weights.Row(o).Slice(filter / Rank * taps, taps);
                VectorOperations.AddScaled(Pointwise[o, filter], Depthwise.Row(filter), channel);
            }
        }

        return new CompositeConvolution(weights, Bias.ToArray(), KernelHeight, KernelWidth);
    }

    /// <summary>The depthwise weights as Float32, (c * T) x 1 x kernel height x kernel width, for c groups.</summary>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    public override Tensor SpatialTensor() =>
        Narrow("depthwise", new Shape(Depthwise.Rows, 1, KernelHeight, KernelWidth), Depthwise.Values);

    /// <summary>The responses of <paramref name="rank"/> filters for each channel to patches: k x (c * q) to k x (c * T).</summary>
    internal static Matrix Filter(Matrix patches, Matrix filters, int rank)
    {
        Matrix result = new(patches.Rows, filters.Rows);
        int taps = filters.Columns;
        for (int row = 0; row < patches.Rows; row++)
        {
            ReadOnlySpan<double> patch = patches.Row(row);
            Span<double> filtered = result.Row(row);
            for (int filter = 0; filter < filtered.Length; filter++)
            {
                filtered[filter] = VectorOperations.Dot(filters.Row(filter), patch.Slice(filter / rank * taps, taps));
            }
        }

        return result;
    }

    /// <inheritdoc/>
    protected override Matrix Filter(Matrix patches)
    {
        ArgumentNullException.ThrowIfNull(patches);
        return Filter(patches, Depthwise, Rank);
    }
}
