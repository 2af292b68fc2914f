using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// Depth-wise decomposition with inter-channel compensation (arXiv 1910.09455): the channels are decomposed in order, and each takes the
/// best T triplets not for its own weights but for what is left of y, which the channels before it have missed and the channels after it,
/// still regular, do not cover. The bias takes the mean error.
/// </summary>
public class InterChannelMethod : IDecompositionMethod
{
    /// <inheritdoc/>
    public virtual string Name => "inter-channel";

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
        var fit = new SeparableFit(problem, request.Rank, target.Weights);
        fit.Sweep();
        return FittedPair.Result(target, moments, fit);
    }
}
