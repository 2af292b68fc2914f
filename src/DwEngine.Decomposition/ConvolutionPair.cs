using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// What a regular convolution is decomposed into: a spatial convolution with the regular one's kernel, stride, padding and dilation, and a
/// pointwise convolution of its m results: y^ = P (S x) + b^.
/// </summary>
public abstract class ConvolutionPair
{
    private readonly double[] _bias;

    private protected ConvolutionPair(Matrix pointwise, double[] bias, int kernelHeight, int kernelWidth)
    {
        ArgumentNullException.ThrowIfNull(pointwise);
        ArgumentNullException.ThrowIfNull(bias);
        if (bias.Length != pointwise.Rows)
        {
            throw new ShapeException($"A bias of {Words.Count(bias.Length, "number")} for pointwise weights of {pointwise.Describe()}.");
        }

        Pointwise = pointwise;
        KernelHeight = kernelHeight;
        KernelWidth = kernelWidth;
        _bias = bias;
    }

    /// <summary>P, n x m.</summary>
    public Matrix Pointwise { get; }

    /// <summary>b^, n numbers.</summary>
    public ReadOnlySpan<double> Bias => _bias;

    /// <summary>Rows of the kernel.</summary>
    public int KernelHeight { get; }

    /// <summary>Columns of the kernel.</summary>
    public int KernelWidth { get; }

    /// <summary>Output channels, n.</summary>
    public int Outputs => Pointwise.Rows;

    /// <summary>Input channels, c.</summary>
    public abstract int Inputs { get; }

    /// <summary>Groups of the spatial convolution.</summary>
    public abstract int SpatialGroups { get; }

    /// <summary>Multiply-adds for each output position.</summary>
    public abstract long MultiplyAddsPerPosition { get; }

    /// <summary>The regular convolution that the pair computes.</summary>
    public abstract CompositeConvolution Expand();

    /// <summary>The responses y^ to patches.</summary>
    /// <param name="patches">One patch x in each row: k x (c * q).</param>
    /// <returns>One response in each row: k x n.</returns>
    /// <exception cref="DwEngineException">The patches have another length.</exception>
    public Matrix Respond(Matrix patches)
    {
        Matrix filtered = Filter(patches);
        Matrix responses = new(filtered.Rows, Outputs);
        for (int row = 0; row < responses.Rows; row++)
        {
            _bias.CopyTo(responses.Row(row));
        }

        MatrixProduct.Add(responses, filtered, false, Pointwise, true);
        return responses;
    }

    /// <summary>The spatial weights as Float32, m x (c / groups) x kernel height x kernel width.</summary>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    public abstract Tensor SpatialTensor();

    /// <summary>The pointwise weights as Float32, n x m x 1 x 1.</summary>
    /// <exception cref="DecompositionException">A weight is beyond the range of float.</exception>
    public Tensor PointwiseTensor() => Narrow("pointwise", new Shape(Outputs, Pointwise.Columns, 1, 1), Pointwise.Values);

    /// <summary>The bias as Float32, n.</summary>
    /// <exception cref="DecompositionException">A bias is beyond the range of float.</exception>
    public Tensor BiasTensor() => Narrow("bias", new Shape(Outputs), _bias);

    /// <summary>What the spatial convolution makes of patches: k x (c * q) to k x m.</summary>
    protected abstract Matrix Filter(Matrix patches);

    private protected static Tensor Narrow(string name, Shape shape, ReadOnlySpan<double> source)
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
