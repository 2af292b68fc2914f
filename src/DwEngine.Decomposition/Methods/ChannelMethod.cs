using System.Collections.Immutable;
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
    public PairKind Kind => PairKind.Channel;

    /// <inheritdoc/>
    public DecompositionResult Decompose(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Decompose(request, request.Rank)[0];
    }

    /// <inheritdoc/>
    public ImmutableArray<DecompositionResult> DecomposeAll(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Decompose(request, 1);
    }

    private ImmutableArray<DecompositionResult> Decompose(DecompositionRequest request, int firstRank)
    {
        CompositeConvolution target = request.Target;
        LayerMoments moments = request.RequireStatistics(this).ToMoments(centred: true);
        ResponseProblem problem =
            ResponseProblem.Of(moments, target.Taps, request.Threads).WithPrior(target.Weights, ResponseProblem.PriorStrength(moments));
        var fit = new ChannelFit(problem);
        Matrix meanX = new(moments.MeanX.Length, 1, moments.MeanX);
        var results = ImmutableArray.CreateBuilder<DecompositionResult>(request.Rank - firstRank + 1);
        for (int rank = firstRank; rank <= request.Rank; rank++)
        {
            (Matrix spatial, Matrix pointwise) = fit.Take(ChannelPair.ChannelsFor(target, rank));
            double[] bias = FittedPair.Bias(moments.MeanY, spatial.Multiply(meanX), pointwise.Transpose());
            var pair = new ChannelPair(spatial, pointwise, bias, target.KernelHeight, target.KernelWidth);
            results.Add(FittedPair.Result(target, moments, pair, request.Threads));
        }

        return results.MoveToImmutable();
    }
}
