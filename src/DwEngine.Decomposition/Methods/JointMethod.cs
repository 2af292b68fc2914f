using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// All filters and columns together: sweeps of <see cref="InterChannelMethod"/> alternate with the closed form of all pointwise columns,
/// P^T = (B^T G B)^-1 B^T C, on asymmetric data where images are at hand; then, where a ReLU or another clamp follows and samples are at
/// hand, with targets that ask of a response beyond the limit only that it stay there. For T above 1 the pair is grown from that of T - 1,
/// so that its error is never above it.
/// </summary>
public sealed class JointMethod : IDecompositionMethod
{
    private const int MaximalSweeps = 20;
    private const int MaximalRounds = 6;
    private const int StepsPerRound = 4;

    // Sweeps and rounds end when one lowers the error by no more than this share of it.
    private const double SweepGain = 1e-3;
    private const double RoundGain = 5e-3;

    // Squared relative errors up to this are the rounding of samples in single precision.
    private const double Rounding = 1e-11;

    /// <inheritdoc/>
    public string Name => "joint";

    /// <inheritdoc/>
    public CalibrationData Needs => CalibrationData.Original;

    /// <inheritdoc/>
    public CalibrationData Wants => CalibrationData.Asymmetric;

    /// <inheritdoc/>
    public bool WantsSamples => true;

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

    // From a rank on; each is grown from the one before.
    private ImmutableArray<DecompositionResult> Decompose(DecompositionRequest request, int firstRank)
    {
        CompositeConvolution target = request.Target;
        LayerMoments moments = request.RequireStatistics(this).ToMoments(centred: true);
        double strength = ResponseProblem.PriorStrength(moments);
        ResponseProblem problem = ResponseProblem.Of(moments, target.Taps, request.Threads).WithPrior(target.Weights, strength);
        var results = ImmutableArray.CreateBuilder<DecompositionResult>();
        foreach (SeparableFit fit in Fits(problem, target, firstRank, request.Rank))
        {
            bool isExact = fit.Objective() <= Rounding * problem.Energy;
            if (isExact || request.Samples is not { } samples || !RectifiedFit.Applies(samples.Activation))
            {
                results.Add(FittedPair.Result(target, moments, fit, request.Threads));
                continue;
            }

            SeparableFit goesOn = fit.Clone();
            var rectified = new RectifiedFit(goesOn, moments, samples, target.Weights, strength);
            Alternate(rectified);
            results.Add(FittedPair.Result(target, moments, FittedPair.Separable(target, goesOn, rectified.Bias), request.Threads));
        }

        return results.ToImmutable();
    }

    private static IEnumerable<SeparableFit> Fits(ResponseProblem problem, CompositeConvolution target, int firstRank, int lastRank)
    {
        if (firstRank < target.FullRank)
        {
            var fit = new SeparableFit(problem, 1, target.Weights);
            fit.FitToWeights(target.Weights);
            Alternate(fit);
            while (true)
            {
                if (fit.Rank >= firstRank)
                {
                    yield return fit;
                }

                if (fit.Rank == Math.Min(lastRank, target.FullRank - 1))
                {
                    break;
                }

                fit.Grow();
                Alternate(fit);
            }
        }

        if (lastRank == target.FullRank)
        {
            // Nothing has to be given up: the best regular convolution, which is W itself but for asymmetric data.
            Matrix regression = PivotedCholesky.Decompose(problem.Gram, null, problem.Threads).Solve(problem.Cross).Transpose();
            var exact = new SeparableFit(problem, lastRank, regression);
            exact.FitToWeights(regression);
            yield return exact;
        }
    }

    private static void Alternate(SeparableFit fit)
    {
        double error = double.PositiveInfinity;
        for (int sweep = 0; sweep < MaximalSweeps; sweep++)
        {
            fit.Sweep();
            fit.RefitPointwise();
            double next = fit.Objective();
            if (next >= (1 - SweepGain) * error)
            {
                return;
            }

            error = next;
        }
    }

    private static void Alternate(RectifiedFit fit)
    {
        double error = fit.RefitPointwise(StepsPerRound);
        for (int round = 1; round < MaximalRounds; round++)
        {
            fit.Sweep();
            double next = fit.RefitPointwise(StepsPerRound);
            if (next >= (1 - RoundGain) * error)
            {
                return;
            }

            error = next;
        }
    }
}
