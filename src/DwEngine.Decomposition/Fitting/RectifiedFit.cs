using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Kernels;

namespace DwEngine.Decomposition.Fitting;

/// <summary>
/// Goes on with a fit where an activation follows that clamps responses, as ReLU does: what lies beyond a limit has only to stay beyond it.
/// Minimises E || z - y^ ||^2 over the pair and the targets z of <see cref="TargetMoments"/>. For given targets that is a least squares
/// problem in the moments E[x z^T]; for a given pair the targets have a closed form. Neither step increases the error.
/// </summary>
internal sealed class RectifiedFit
{
    // What counts as null in B^T G B, relative to its largest diagonal entry.
    private const double Tolerance = 1e-11;

    private readonly SeparableFit _fit;
    private readonly Matrix _priorCross;
    private readonly double _priorEnergy;
    private readonly LayerSamples _patches;
    private readonly Matrix _meanX;
    private LayerSamples _filtered;
    private PointwiseStage _stage;

    /// <summary>Starts from a pair that was fitted to the responses themselves.</summary>
    /// <param name="fit">The fit; it goes on in place.</param>
    /// <param name="moments">Means over the samples.</param>
    /// <param name="samples">The samples, with the activation that follows.</param>
    /// <param name="weights">W, n x cq, to which the prior holds.</param>
    /// <param name="strength">The strength of the prior.</param>
    public RectifiedFit(SeparableFit fit, LayerMoments moments, LayerSamples samples, Matrix weights, double strength)
    {
        _fit = fit;
        (double norm, _priorCross) = (weights.FrobeniusNorm(), weights.Transpose());
        VectorOperations.Scale(_priorCross.Values, strength);
        _priorEnergy = strength * (norm * norm);
        _patches = samples;
        _meanX = new Matrix(moments.MeanX.Length, 1, moments.MeanX);
        _filtered = Filtered();
        _stage = new PointwiseStage(fit.Columns, moments.MeanY);
    }

    /// <summary>b^, n numbers.</summary>
    public double[] Bias => FittedPair.Bias(_stage.Mean, _fit.ApplyFilters(_meanX), _fit.Columns);

    /// <summary>Whether an activation has a limit that targets can make use of.</summary>
    public static bool Applies(Clamp activation) => activation.Low > float.NegativeInfinity || activation.High < float.PositiveInfinity;

    /// <summary>E || z - y^ ||^2 of the pair as it is.</summary>
    public double Error() => TargetMoments.Of(_filtered, _stage).Error;

    /// <summary>
    /// New targets and the pointwise columns that fit them best, several times over, with the filters as they are. A step starts beyond the
    /// last result, in the direction of the last change (Y. Nesterov, 1983), and at the last result again when that has not paid (B.
    /// O'Donoghue and E. Candes, "Adaptive Restart for Accelerated Gradient Schemes", 2015).
    /// </summary>
    /// <returns>E || z - y^ ||^2 where the last step started.</returns>
    public double RefitPointwise(int steps)
    {
        PivotedCholesky normal = PivotedCholesky.Decompose(_fit.FilteredGram(), Tolerance, _patches.Threads);
        Matrix prior = _fit.ApplyFilters(_priorCross);
        PointwiseStage start = _stage;
        double momentum = 1;
        double error = double.PositiveInfinity;
        for (int step = 0; step < steps; step++)
        {
            TargetMoments targets = TargetMoments.Of(_filtered, start);
            momentum = targets.Error > error ? 1 : momentum;
            error = targets.Error;
            VectorOperations.AddScaled(1, prior.Values, targets.Cross.Values);
            PointwiseStage next = new(normal.Solve(targets.Cross), targets.MeanZ);
            double nextMomentum = (1 + Math.Sqrt(1 + (4 * momentum * momentum))) / 2;
            start = next.Beyond(_stage, (momentum - 1) / nextMomentum);
            (_stage, momentum) = (next, nextMomentum);
        }

        _fit.SetColumns(_stage.Columns);
        return error;
    }

    /// <summary>New targets for the pair as it is, then a sweep and a refit of the pointwise columns to fit them.</summary>
    public void Sweep()
    {
        TargetMoments targets = TargetMoments.Of(_filtered, _stage, _patches);
        double energy = targets.Energy - VectorOperations.Dot(targets.MeanZ, targets.MeanZ);
        Matrix covariance = targets.Cross;
        for (int row = 0; row < covariance.Rows; row++)
        {
            VectorOperations.AddScaled(-_meanX[row, 0], targets.MeanZ, covariance.Row(row));
        }

        VectorOperations.AddScaled(1, _priorCross.Values, covariance.Values);
        _fit.Retarget(covariance, energy + _priorEnergy);
        _fit.Sweep();
        _fit.RefitPointwise();
        _filtered = Filtered();
        _stage = new PointwiseStage(_fit.Columns, targets.MeanZ);
    }

    // Centred, so that little is lost to single precision even where the inputs hardly vary.
    private LayerSamples Filtered()
    {
        (Matrix filters, int rank) = (_fit.Filters.Clone(), _fit.Rank);
        double[] means = _fit.ApplyFilters(_meanX).Column(0);
        return _patches.Map(filters.Rows, patches =>
        {
            Matrix filtered = SeparablePair.Filter(patches, filters, rank);
            for (int row = 0; row < filtered.Rows; row++)
            {
                VectorOperations.AddScaled(-1, means, filtered.Row(row));
            }

            return filtered;
        });
    }
}
