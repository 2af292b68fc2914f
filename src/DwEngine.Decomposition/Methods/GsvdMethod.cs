using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// Depth-wise decomposition by the generalised SVD (arXiv 1910.09455), data driven within each channel: minimises
/// E || (W_i - sum_t p_it d_it^T) (x_i - E x_i) ||^2, the T leading triplets of W_i under the column metric G_ii. The bias takes the mean error.
/// </summary>
public sealed class GsvdMethod : IDecompositionMethod
{
    /// <inheritdoc/>
    public string Name => "gsvd";

    /// <inheritdoc/>
    public CalibrationData Needs => CalibrationData.Original;

    /// <inheritdoc/>
    public DecompositionResult Decompose(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        CompositeConvolution target = request.Target;
        LayerMoments moments = request.RequireStatistics(this).ToMoments(centred: true);
        ResponseProblem problem = ResponseProblem.Of(moments, target.Taps).WithPrior(target.Weights, ResponseProblem.PriorStrength(moments));
        var fit = new SeparableFit(problem, request.Rank, target.Weights);
        fit.FitToWeights(target.Weights);
        return FittedPair.Result(target, moments, fit);
    }
}
