using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// The baseline channel decomposition (X. Zhang et al., "Accelerating Very Deep Convolutional Networks for Classification and Detection",
/// 2015): a regular convolution of d channels, then a pointwise one, with d = floor(T (cq + cn) / (cq + n)), at least 1, which costs no
/// more than a separable pair of rank T.
/// </summary>
/// <remarks>
/// Minimises E || y - b^ - U S x ||^2 over U (n x d) and S (d x cq): the regression A = C^T G^-1 of y on x, and U the leading eigenvectors
/// of the covariance A C of what it predicts, S = U^T A. Where y = W x + b that covariance is E[(y - E y)(y - E y)^T] and S = U^T W, as in
/// the paper; on asymmetric data it is the exact solution of what the paper approximates.
/// </remarks>
public class ChannelMethod : IDecompositionMethod
{
    /// <inheritdoc/>
    public virtual string Name => "channel";

    /// <inheritdoc/>
    public virtual CalibrationData Needs => CalibrationData.Original;

    /// <inheritdoc/>
    public DecompositionResult Decompose(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        CompositeConvolution target = request.Target;
        LayerMoments moments = request.RequireStatistics(this).ToMoments(centred: true);
        ResponseProblem problem =
            ResponseProblem.Of(moments, target.Taps).WithPrior(target.Weights, ResponseProblem.PriorStrength(moments));

        Matrix regression = PivotedCholesky.Decompose(problem.Gram).Solve(problem.Cross);
        Matrix predicted = problem.Cross.TransposeMultiply(regression);
        int channels = Math.Min(Channels(target, request.Rank), target.Outputs);
        Matrix pointwise = SymmetricEigen.Decompose(predicted).Vectors.Block(0, 0, target.Outputs, channels);
        Matrix spatial = pointwise.TransposeMultiply(regression.Transpose());
        double[] bias = FittedPair.Bias(
            moments.MeanY, spatial.Multiply(new Matrix(moments.MeanX.Length, 1, moments.MeanX)), pointwise.Transpose());
        return FittedPair.Result(target, moments, new ChannelPair(spatial, pointwise, bias, target.KernelHeight, target.KernelWidth));
    }

    private static int Channels(CompositeConvolution target, int rank)
    {
        long separable = rank * (long)target.Inputs * (target.Taps + target.Outputs);
        return (int)Math.Max(1, Math.Min(separable / (target.Weights.Columns + target.Outputs), target.Outputs));
    }
}
