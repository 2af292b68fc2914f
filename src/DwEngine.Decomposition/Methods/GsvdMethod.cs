using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Fitting;
using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// Depth-wise decomposition by the generalised SVD (arXiv 1910.09455), data driven within each channel: minimises
/// E || (W_i - sum_t p_it d_it^T) (x_i - E x_i) ||^2 by the T leading triplets of the <see cref="MetricSvd"/> of W_i under the column
/// metric G_ii. The bias takes the mean error.
/// </summary>
public sealed class GsvdMethod : IDecompositionMethod
{
    // Eigenvalues of a metric up to this times its largest are null, as in the other methods that fit channels.
    private const double Tolerance = 1e-11;

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
        ResponseProblem problem =
            ResponseProblem.Of(moments, target.Taps).WithPrior(target.Weights, ResponseProblem.PriorStrength(moments));
        int taps = target.Taps, rank = request.Rank;
        Matrix filters = new(checked(target.Inputs * rank), taps);
        Matrix columns = new(filters.Rows, target.Outputs), spatialMeans = new(filters.Rows, 1);
        for (int channel = 0; channel < target.Inputs; channel++)
        {
            Matrix metric = problem.Gram.Block(channel * taps, channel * taps, taps, taps);
            var triplets = MetricSvd.Decompose(target.Channel(channel), null, metric, Tolerance);
            for (int t = 0; t < Math.Min(rank, triplets.SingularValues.Length); t++)
            {
                int row = (channel * rank) + t;
                triplets.V.Column(t).CopyTo(filters.Row(row));
                triplets.U.Column(t).CopyTo(columns.Row(row));
                VectorOperations.Scale(columns.Row(row), triplets.SingularValues[t]);
                spatialMeans[row, 0] = VectorOperations.Dot(filters.Row(row), moments.MeanX.AsSpan(channel * taps, taps));
            }
        }

        double[] bias = FittedPair.Bias(moments.MeanY, spatialMeans, columns);
        return FittedPair.Result(target, moments, FittedPair.Separable(target, filters, columns, bias, rank));
    }
}
