using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// The least squares problem that a decomposition solves: the mean over calibration positions of || y - b^ - W^ x ||^2 for the best bias
/// b^, as a function of the weights W^ (n x cq). With G and C the covariances of x and of x with y it is E || y - E y ||^2 - 2 tr(W^ C) +
/// tr(W^ G W^^T), and b^ = E y - W^ E x.
/// </summary>
/// <param name="Gram">G, cq x cq, symmetric positive semidefinite.</param>
/// <param name="Cross">C, cq x n.</param>
/// <param name="Energy">E || y - E y ||^2.</param>
/// <param name="Taps">q, the rows of G and C that belong to one input channel.</param>
internal sealed record ResponseProblem(Matrix Gram, Matrix Cross, double Energy, int Taps)
{
    /// <summary>
    /// The default strength of a prior as a share of the mean variance of the inputs: small beside what data tell, large beside rounding.
    /// </summary>
    public const double PriorShare = 1e-4;

    /// <summary>Threads that work on it. The bits of a solution do not depend on them.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Input channels, c.</summary>
    public int Inputs => Gram.Rows / Taps;

    /// <summary>Output channels, n.</summary>
    public int Outputs => Cross.Columns;

    /// <summary>The problem of centred moments.</summary>
    public static ResponseProblem Of(LayerMoments moments, int taps, int threads = 1) =>
        new(moments.G, moments.C, Trace(moments.S), taps) { Threads = threads };

    /// <summary>The problem of white noise of variance 1 to which a given convolution responds: || W - W^ ||^2.</summary>
    /// <param name="weights">W, n x cq.</param>
    /// <param name="taps">q.</param>
    public static ResponseProblem OfWeights(Matrix weights, int taps)
    {
        double norm = weights.FrobeniusNorm();
        return new ResponseProblem(Matrix.Identity(weights.Columns), weights.Transpose(), norm * norm, taps);
    }

    /// <summary>
    /// The strength of the prior that data call for: <see cref="PriorShare"/> of the mean variance of the inputs, which for this purpose is
    /// at least a thousandth of their mean square, since what double precision leaves of the variance of nearly constant inputs is
    /// rounding.
    /// </summary>
    public static double PriorStrength(LayerMoments moments)
    {
        double variance = Trace(moments.G) / moments.G.Rows;
        double square = variance + (VectorOperations.Dot(moments.MeanX, moments.MeanX) / moments.G.Rows);
        return PriorShare * (square > 0 ? Math.Max(variance, square / 1000) : 1);
    }

    /// <summary>
    /// Adds strength * || W - W^ ||^2, as if the inputs held white noise of that variance to which the given convolution responds: G +
    /// strength I and C + strength W^T. It decides where the data do not, in a dead or constant channel or with fewer positions than
    /// unknowns, and decides for the given weights, so that an exact decomposition stays exact.
    /// </summary>
    /// <param name="weights">W, n x cq.</param>
    /// <param name="strength">The variance of the noise, above 0.</param>
    public ResponseProblem WithPrior(Matrix weights, double strength)
    {
        ResponseProblem noise = OfWeights(weights, Taps).Times(strength);
        VectorOperations.AddScaled(1, Gram.Values, noise.Gram.Values);
        VectorOperations.AddScaled(1, Cross.Values, noise.Cross.Values);
        return noise with { Energy = Energy + noise.Energy, Threads = Threads };
    }

    /// <summary>The problem whose value is this one's times a factor.</summary>
    public ResponseProblem Times(double factor)
    {
        Matrix gram = Gram.Clone(), cross = Cross.Clone();
        VectorOperations.Scale(gram.Values, factor);
        VectorOperations.Scale(cross.Values, factor);
        return new ResponseProblem(gram, cross, factor * Energy, Taps) { Threads = Threads };
    }

    /// <summary>The value of the problem for weights W^ (n x cq), at least 0.</summary>
    public double Error(Matrix weights)
    {
        Matrix responses = new(weights.Rows, Gram.Columns);
        MatrixProduct.AddScaled(responses, 1, weights, false, Gram, false, Threads);
        double error = Energy + VectorOperations.Dot(responses.Values, weights.Values)
            - (2 * VectorOperations.Dot(weights.Transpose().Values, Cross.Values));
        return Math.Max(0, error);
    }

    private static double Trace(Matrix matrix)
    {
        double sum = 0;
        for (int i = 0; i < matrix.Rows; i++)
        {
            sum += matrix[i, i];
        }

        return sum;
    }
}
