using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition.Methods;

/// <summary>
/// Depth-wise decomposition from the weights alone (arXiv 1910.09455; for T above 1 the depth multiplier of network decoupling, Guo
/// et al., 2018): W_i ~ sum_t p_it d_it^T by the T leading singular triplets of W_i (n x q), the best approximation for inputs that are
/// white noise. The bias stays as it is.
/// </summary>
public sealed class SvdMethod : IDecompositionMethod
{
    /// <inheritdoc/>
    public string Name => "svd";

    /// <inheritdoc/>
    public DecompositionResult Decompose(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        CompositeConvolution target = request.Target;
        int rank = request.Rank;
        double norm = target.Weights.FrobeniusNorm();
        Matrix depthwise = new(checked(target.Inputs * rank), target.Taps);
        Matrix pointwise = new(target.Outputs, depthwise.Rows);
        double kept = 0;
        for (int i = 0; i < target.Inputs; i++)
        {
            Svd svd = Svd.Decompose(target.Channel(i));
            for (int t = 0; t < rank; t++)
            {
                // The square root on both sides gives the two factors like magnitudes, which suits single precision.
                double root = Math.Sqrt(svd.SingularValues[t]);
                int filter = (i * rank) + t;
                svd.V.Column(t).CopyTo(depthwise.Row(filter));
                VectorOperations.Scale(depthwise.Row(filter), root);
                for (int o = 0; o < target.Outputs; o++)
                {
                    pointwise[o, filter] = root * svd.U[o, t];
                }

                double share = norm == 0 ? 0 : svd.SingularValues[t] / norm;
                kept += share * share;
            }
        }

        SeparablePair pair = new(depthwise, pointwise, target.Bias.ToArray(), rank, target.KernelHeight, target.KernelWidth);
        return new DecompositionResult(pair, DecompositionResult.WeightError(target, pair), norm == 0 ? 1 : Math.Min(1, kept));
    }
}
