using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Calibration;

/// <summary>
/// Sums over calibration positions of a regular convolution, in double precision: of x, a patch of c * q inputs (zero padded, channel by
/// channel), of y, n responses, and of their products. Sums are additive: those of two sets of positions merge by adding.
/// </summary>
public sealed class LayerStatistics
{
    private readonly double[] _sumX;
    private readonly ResponseSums _responses;

    /// <summary>The sums over no positions.</summary>
    /// <param name="inputs">Length of a patch, c * q.</param>
    /// <param name="outputs">Output channels, n.</param>
    public LayerStatistics(int inputs, int outputs)
        : this(0, new double[inputs], new double[outputs], new Matrix(inputs, inputs), new Matrix(inputs, outputs),
            new Matrix(outputs, outputs))
    {
    }

    /// <summary>Wraps sums without copying them.</summary>
    /// <param name="count">Positions.</param>
    /// <param name="sumX">Sum of x, c * q numbers.</param>
    /// <param name="sumY">Sum of y, n numbers.</param>
    /// <param name="xx">Sum of x x^T, (c * q) x (c * q).</param>
    /// <param name="xy">Sum of x y^T, (c * q) x n.</param>
    /// <param name="yy">Sum of y y^T, n x n.</param>
    /// <exception cref="ShapeException">The sizes contradict each other or one is zero, or the count is negative.</exception>
    public LayerStatistics(long count, double[] sumX, double[] sumY, Matrix xx, Matrix xy, Matrix yy)
    {
        ArgumentNullException.ThrowIfNull(sumX);
        ArgumentNullException.ThrowIfNull(sumY);
        ArgumentNullException.ThrowIfNull(xx);
        ArgumentNullException.ThrowIfNull(xy);
        ArgumentNullException.ThrowIfNull(yy);
        (int inputs, int outputs) = (sumX.Length, sumY.Length);
        bool fits = count >= 0 && inputs > 0 && outputs > 0
            && (xx.Rows, xx.Columns) == (inputs, inputs)
            && (xy.Rows, xy.Columns) == (inputs, outputs)
            && (yy.Rows, yy.Columns) == (outputs, outputs);
        if (!fits)
        {
            throw new ShapeException(
                $"No statistics of {Words.Count(count, "position")}, {Words.Count(inputs, "input")} and "
                + $"{Words.Count(outputs, "output")}: x x^T {xx.Describe()}, x y^T {xy.Describe()}, "
                + $"y y^T {yy.Describe()}.");
        }

        _sumX = sumX;
        _responses = new ResponseSums(count, sumY, xy, yy);
        XX = xx;
    }

    /// <summary>Positions that the sums run over.</summary>
    public long Count => _responses.Count;

    /// <summary>Length of a patch, c * q.</summary>
    public int Inputs => _sumX.Length;

    /// <summary>Output channels, n.</summary>
    public int Outputs => _responses.SumY.Length;

    /// <summary>Sum of x.</summary>
    public ReadOnlySpan<double> SumX => _sumX;

    /// <summary>Sum of y.</summary>
    public ReadOnlySpan<double> SumY => _responses.SumY;

    /// <summary>Sum of x x^T, (c * q) x (c * q); not to be changed.</summary>
    public Matrix XX { get; }

    /// <summary>Sum of x y^T, (c * q) x n; not to be changed.</summary>
    public Matrix XY => _responses.XY;

    /// <summary>Sum of y y^T, n x n; not to be changed.</summary>
    public Matrix YY => _responses.YY;

    /// <summary>Sum of || y ||^2.</summary>
    public double Energy
    {
        get
        {
            double sum = 0;
            for (int o = 0; o < Outputs; o++)
            {
                sum += YY[o, o];
            }

            return sum;
        }
    }

    /// <summary>Adds positions.</summary>
    /// <param name="x">One patch in each row: k x (c * q).</param>
    /// <param name="y">One response in each row: k x n.</param>
    /// <exception cref="ShapeException">The matrices do not fit.</exception>
    public void Add(Matrix x, Matrix y)
    {
        _responses.Add(x, y);
        MatrixProduct.AddGram(XX, x);
        ResponseSums.AddRows(x, _sumX);
    }

    /// <summary>Adds the sums over other positions.</summary>
    /// <exception cref="ShapeException">They are of a convolution of another shape.</exception>
    public void Merge(LayerStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if ((other.Inputs, other.Outputs) != (Inputs, Outputs))
        {
            throw new ShapeException(
                $"Statistics of {Words.Count(other.Inputs, "input")} and {Words.Count(other.Outputs, "output")} cannot be merged into "
                + $"those of {Inputs} and {Outputs}.");
        }

        _responses.Merge(other._responses);
        VectorOperations.AddScaled(1, other._sumX, _sumX);
        VectorOperations.AddScaled(1, other.XX.Values, XX.Values);
    }

    /// <summary>The means over the positions.</summary>
    /// <param name="centred">Whether the products are those of x - E x and y - E y.</param>
    /// <exception cref="DecompositionException">There are no positions.</exception>
    public LayerMoments ToMoments(bool centred)
    {
        if (Count == 0)
        {
            throw new DecompositionException("Statistics of no positions have no means.");
        }

        double[] meanX = [.. _sumX.Select(sum => sum / Count)], meanY = [.. _responses.SumY.Select(sum => sum / Count)];
        return new LayerMoments(
            meanX, meanY, Mean(XX, meanX, meanX, centred), Mean(XY, meanX, meanY, centred), Mean(YY, meanY, meanY, centred), centred);
    }

    /// <summary>
    /// E || y - y^ ||^2 / E || y ||^2 for the responses y^ = W x + b of another convolution, at least 0; 0 if both are zero.
    /// </summary>
    /// <exception cref="ShapeException">The convolution has another shape.</exception>
    public double ResponseError(CompositeConvolution convolution)
    {
        ArgumentNullException.ThrowIfNull(convolution);
        if (convolution.Weights.Columns != Inputs || convolution.Outputs != Outputs)
        {
            throw new ShapeException(
                $"A convolution of {Words.Count(convolution.Weights.Columns, "input")} and "
                + $"{Words.Count(convolution.Outputs, "output")} for statistics of {Inputs} and {Outputs}.");
        }

        // sum || y - b - W x ||^2 row by row of W: y y - 2 w . xy + w XX w + b (count b + 2 w . sum x - 2 sum y).
        Matrix product = convolution.Weights.Multiply(XX);
        double error = 0;
        for (int o = 0; o < Outputs; o++)
        {
            ReadOnlySpan<double> weights = convolution.Weights.Row(o);
            double bias = convolution.Bias[o];
            double cross = VectorOperations.Dot(weights, XY.Column(o));
            error += YY[o, o] - (2 * cross) + VectorOperations.Dot(product.Row(o), weights)
                + (bias * ((Count * bias) + (2 * VectorOperations.Dot(weights, _sumX)) - (2 * SumY[o])));
        }

        return error <= 0 ? 0 : error / Energy;
    }

    /// <summary>Adds positions but for x x^T, which the caller adds.</summary>
    internal void AddAllButGram(Matrix x, Matrix y)
    {
        _responses.Add(x, y);
        ResponseSums.AddRows(x, _sumX);
    }

    private Matrix Mean(Matrix sums, double[] left, double[] right, bool centred)
    {
        Matrix result = sums.Clone();
        VectorOperations.Scale(result.Values, 1.0 / Count);
        for (int i = 0; i < left.Length && centred; i++)
        {
            VectorOperations.AddScaled(-left[i], right, result.Row(i));
        }

        return result;
    }
}
