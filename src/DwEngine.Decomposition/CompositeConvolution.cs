using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition;

/// <summary>
/// A regular convolution in double precision, possibly what several linear layers amount to: for the patch x of one output position,
/// y = sum_i W_i x_i + b with W_i of n x q for each of c input channels. Stride, padding and dilation are the caller's matter.
/// </summary>
public sealed class CompositeConvolution
{
    private readonly double[] _bias;

    /// <summary>Wraps weights and bias without copying them.</summary>
    /// <param name="weights">n x (c * kernelHeight * kernelWidth): W_1 to W_c side by side.</param>
    /// <param name="bias">n numbers.</param>
    /// <param name="kernelHeight">Rows of the kernel.</param>
    /// <param name="kernelWidth">Columns of the kernel.</param>
    /// <exception cref="ShapeException">The sizes contradict each other or one of them is zero.</exception>
    /// <exception cref="LinearAlgebraException">A weight or a bias is NaN or infinite.</exception>
    public CompositeConvolution(Matrix weights, double[] bias, int kernelHeight, int kernelWidth)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(bias);
        long taps = (long)kernelHeight * kernelWidth;
        if (kernelHeight < 1 || kernelWidth < 1 || weights.Rows < 1 || weights.Columns < 1 || weights.Columns % taps != 0)
        {
            throw new ShapeException(
                $"{weights.Rows} x {weights.Columns} weights are not those of a convolution of {kernelHeight}x{kernelWidth}.");
        }

        if (bias.Length != weights.Rows)
        {
            throw new ShapeException($"A bias of {Words.Count(bias.Length, "number")} for {weights.Rows} output channels.");
        }

        weights.RequireFinite("The convolution's weight matrix");
        new Matrix(1, bias.Length, bias).RequireFinite("The convolution's bias");
        Weights = weights;
        KernelHeight = kernelHeight;
        KernelWidth = kernelWidth;
        _bias = bias;
    }

    /// <summary>Output channels, n.</summary>
    public int Outputs => Weights.Rows;

    /// <summary>Input channels, c.</summary>
    public int Inputs => Weights.Columns / Taps;

    /// <summary>Rows of the kernel.</summary>
    public int KernelHeight { get; }

    /// <summary>Columns of the kernel.</summary>
    public int KernelWidth { get; }

    /// <summary>Kernel taps, q.</summary>
    public int Taps => KernelHeight * KernelWidth;

    /// <summary>W_1 to W_c side by side, n x (c * q).</summary>
    public Matrix Weights { get; }

    /// <summary>b, n numbers.</summary>
    public ReadOnlySpan<double> Bias => _bias;

    /// <summary>The largest rank that a decomposition of it can use, min(n, q): from there on it is exact.</summary>
    public int FullRank => Math.Min(Outputs, Taps);

    /// <summary>Multiply-adds for each output position, n * c * q.</summary>
    public long MultiplyAddsPerPosition => (long)Outputs * Inputs * Taps;

    /// <summary>A copy of W_i, n x q.</summary>
    public Matrix Channel(int input) => Weights.Block(0, checked(input * Taps), Outputs, Taps);
}
