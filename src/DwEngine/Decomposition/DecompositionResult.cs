using DwEngine.LinearAlgebra;

namespace DwEngine.Decomposition;

/// <summary>A separable pair and how well it stands for the convolution.</summary>
/// <param name="Pair">The separable pair.</param>
/// <param name="RelativeError">
/// || W - W^ ||^2 / || W ||^2 over all weights, which is E || y - y^ ||^2 / E || y ||^2 for inputs that are white noise; 0 if W is zero.
/// </param>
/// <param name="RetainedEnergy">The share of the squared singular values that the kept triplets hold, 0 to 1; 1 if W is zero.</param>
public sealed record DecompositionResult(SeparablePair Pair, double RelativeError, double RetainedEnergy)
{
    /// <summary>|| W - W^ ||^2 / || W ||^2 of a pair that stands for <paramref name="target"/>; 0 if W is zero.</summary>
    /// <exception cref="LinearAlgebraException">The pair and the convolution differ in shape.</exception>
    public static double WeightError(CompositeConvolution target, SeparablePair pair)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(pair);
        double norm = target.Weights.FrobeniusNorm();
        double ratio = norm == 0 ? 0 : target.Weights.Subtract(pair.Expand().Weights).FrobeniusNorm() / norm;
        return ratio * ratio;
    }
}
