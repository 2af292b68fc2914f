using DwEngine.LinearAlgebra;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// A depthwise convolution with T filters for each of c input channels, followed by a pointwise one:
/// y^ = sum_i sum_t p_it (d_it . x_i) + b^. The filter d_it is row i * T + t, as in a convolution with c groups and c * T outputs.
/// </summary>
public sealed class SeparablePair
{
    private readonly double[] _bias;

    /// <summary>Wraps the factors without copying them.</summary>
    /// <param name="depthwise">(c * T) x q with q = kernelHeight * kernelWidth.</param>
    /// <param name="pointwise">n x (c * T).</param>
    /// <param name="bias">n numbers, added after the pointwise convolution.</param>
    /// <param name="rank">T, at least 1.</param>
    /// <param name="kernelHeight">Rows of the kernel.</param>
    /// <param name="kernelWidth">Columns of the kernel.</param>
    /// <exception cref="ShapeException">The sizes contradict each other.</exception>
    public SeparablePair(Matrix depthwise, Matrix pointwise, double[] bias, int rank, int kernelHeight, int kernelWidth)
    {
        ArgumentNullException.ThrowIfNull(depthwise);
        ArgumentNullException.ThrowIfNull(pointwise);
        ArgumentNullException.ThrowIfNull(bias);
        bool fits = rank >= 1 && depthwise.Rows % rank == 0 && depthwise.Columns == (long)kernelHeight * kernelWidth
            && pointwise.Columns == depthwise.Rows && bias.Length == pointwise.Rows;
        if (!fits)
        {
            throw new ShapeException(
                $"No separable pair of rank {rank} and kernel {kernelHeight}x{kernelWidth}: depthwise {depthwise.Describe()}, "
                + $"pointwise {pointwise.Describe()}, bias {bias.Length}.");
        }

        Depthwise = depthwise;
        Pointwise = pointwise;
        Rank = rank;
        KernelHeight = kernelHeight;
        KernelWidth = kernelWidth;
        _bias = bias;
    }

    /// <summary>The filters d_it, (c * T) x q.</summary>
    public Matrix Depthwise { get; }

    /// <summary>The columns p_it, n x (c * T).</summary>
    public Matrix Pointwise { get; }

    /// <summary>b^, n numbers.</summary>
    public ReadOnlySpan<double> Bias => _bias;

    /// <summary>Filters for each input channel (the depth multiplier), T.</summary>
    public int Rank { get; }

    /// <summary>Rows of the kernel.</summary>
    public int KernelHeight { get; }

    /// <summary>Columns of the kernel.</summary>
    public int KernelWidth { get; }

    /// <summary>Input channels, c.</summary>
    public int Inputs => Depthwise.Rows / Rank;

    /// <summary>Output channels, n.</summary>
    public int Outputs => Pointwise.Rows;

    /// <summary>Multiply-adds for each output position, c * T * (q + n).</summary>
    public long MultiplyAddsPerPosition => (long)Depthwise.Rows * (Depthwise.Columns + Pointwise.Rows);

    /// <summary>The regular convolution that the pair computes.</summary>
    public CompositeConvolution Expand()
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

        return new CompositeConvolution(weights, [.. _bias], KernelHeight, KernelWidth);
    }

    /// <summary>The depthwise weights as Float32, (c * T) x 1 x kernel height x kernel width, for c groups.</summary>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    public Tensor DepthwiseTensor() => Narrow("depthwise", new Shape(Depthwise.Rows, 1, KernelHeight, KernelWidth), Depthwise.Values);

    /// <summary>The pointwise weights as Float32, n x (c * T) x 1 x 1.</summary>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    public Tensor PointwiseTensor() => Narrow("pointwise", new Shape(Outputs, Pointwise.Columns, 1, 1), Pointwise.Values);

    /// <summary>The bias as Float32, n.</summary>
    /// <exception cref="DecompositionException">A bias is beyond the range of float.</exception>
    public Tensor BiasTensor() => Narrow("bias", new Shape(Outputs), _bias);

    private static Tensor Narrow(string name, Shape shape, ReadOnlySpan<double> source)
    {
        float[] values = new float[source.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)source[i];
            if (!float.IsFinite(values[i]))
            {
                throw new DecompositionException($"The {name} value {source[i]} at {i} is beyond the range of single precision.");
            }
        }

        return Tensor.FromFloats(shape, values);
    }
}
