using DwEngine.Decomposition.LinearAlgebra;

namespace DwEngine.Decomposition;

/// <summary>A pair of convolutions and how well it stands for the regular one.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="RelativeError">
/// || W - W^ ||^2 / || W ||^2 over all weights, which is E || y - y^ ||^2 / E || y ||^2 for inputs that are white noise; 0 if W is zero.
/// </param>
/// <param name="RetainedEnergy">
/// The share that the pair keeps of what the method approximates, 0 to 1: of the squared singular values of the weights or, with data, of
/// E || y - E y ||^2. 1 if that is zero.
/// </param>
public sealed record DecompositionResult(ConvolutionPair Pair, double RelativeError, double RetainedEnergy)
{
    /// <summary>|| W - W^ ||^2 / || W ||^2 of a pair that stands for <paramref name="target"/>; 0 if W is zero.</summary>
    /// <exception cref="LinearAlgebraException">The pair and the convolution differ in shape.</exception>
    public static double WeightError(CompositeConvolution target, ConvolutionPair pair)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(pair);
        double norm = target.Weights.FrobeniusNorm();
        double ratio = norm == 0 ? 0 : target.Weights.Subtract(pair.Expand().Weights).FrobeniusNorm() / norm;
        return ratio * ratio;
    }
}
