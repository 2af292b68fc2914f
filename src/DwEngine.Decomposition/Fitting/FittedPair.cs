using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>Makes results of what was fitted to data.</summary>
internal static class FittedPair
{
    // A variance up to this times the mean square is what rounding leaves of that of a constant.
    private const double Rounding = 1e-12;

    /// <summary>The pair of a fit, its filters and columns scaled to like magnitudes, which suits single precision.</summary>
    public static SeparablePair Separable(CompositeConvolution target, SeparableFit fit, double[] bias) =>
        Separable(target, fit.Filters.Clone(), fit.Columns.Clone(), bias, fit.Rank);

    /// <summary>A pair of filters and columns, which are scaled to like magnitudes in place.</summary>
    /// <param name="target">The regular convolution.</param>
    /// <param name="filters">d_it, (c * T) x q.</param>
    /// <param name="columns">p_it, (c * T) x n.</param>
    /// <param name="bias">b^, n numbers.</param>
    /// <param name="rank">Filters for each input channel, T.</param>
    public static SeparablePair Separable(CompositeConvolution target, Matrix filters, Matrix columns, double[] bias, int rank)
    {
        for (int row = 0; row < filters.Rows; row++)
        {
            double filterNorm = Norm(filters.Row(row));
            double columnNorm = Norm(columns.Row(row));
            if (filterNorm > 0 && columnNorm > 0)
            {
                double balance = Math.Sqrt(columnNorm / filterNorm);
                VectorOperations.Scale(filters.Row(row), balance);
                VectorOperations.Scale(columns.Row(row), 1 / balance);
            }
        }

        return new SeparablePair(filters, columns.Transpose(), bias, rank, target.KernelHeight, target.KernelWidth);
    }

    /// <summary>The bias that leaves no mean error, b^ = E y - P S E x.</summary>
    /// <param name="meanY">E y, or the mean of other targets.</param>
    /// <param name="spatialMeans">S E x, m x 1.</param>
    /// <param name="columns">P^T, m x n.</param>
    public static double[] Bias(ReadOnlySpan<double> meanY, Matrix spatialMeans, Matrix columns)
    {
        double[] bias = meanY.ToArray();
        for (int row = 0; row < columns.Rows; row++)
        {
            VectorOperations.AddScaled(-spatialMeans[row, 0], columns.Row(row), bias);
        }

        return bias;
    }

    /// <summary>The result of a separable fit, with the bias that leaves no mean error.</summary>
    public static DecompositionResult Result(CompositeConvolution target, LayerMoments moments, SeparableFit fit, int threads = 1)
    {
        Matrix spatialMeans = fit.ApplyFilters(new Matrix(moments.MeanX.Length, 1, moments.MeanX));
        return Result(target, moments, Separable(target, fit, Bias(moments.MeanY, spatialMeans, fit.Columns)), threads);
    }

    /// <summary>The result of a pair that stands for <paramref name="target"/>.</summary>
    /// <param name="target">The regular convolution.</param>
    /// <param name="moments">Centred moments.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="threads">Threads that work on its error.</param>
    public static DecompositionResult Result(CompositeConvolution target, LayerMoments moments, ConvolutionPair pair, int threads = 1)
    {
        ResponseProblem problem = ResponseProblem.Of(moments, target.Taps, threads);
        double meanSquare = problem.Energy + VectorOperations.Dot(moments.MeanY, moments.MeanY);
        double lost = problem.Energy > Rounding * meanSquare ? problem.Error(pair.Expand().Weights) / problem.Energy : 0;
        return new DecompositionResult(pair, DecompositionResult.WeightError(target, pair), Math.Clamp(1 - lost, 0, 1));
    }

    private static double Norm(ReadOnlySpan<double> vector) => Math.Sqrt(VectorOperations.Dot(vector, vector));
}
