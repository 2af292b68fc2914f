using DwEngine.Decomposition.Calibration;

namespace DwEngine.Decomposition;

/// <summary>What a method is asked to do.</summary>
public sealed record DecompositionRequest
{
    /// <summary>Asks for <paramref name="target"/> with <paramref name="rank"/> depthwise filters for each input channel.</summary>
    /// <exception cref="DecompositionException">The rank is below 1 or above min(n, q), where the pair is exact already.</exception>
    public DecompositionRequest(CompositeConvolution target, int rank)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (rank < 1 || rank > target.FullRank)
        {
            throw new DecompositionException(
                $"Rank {rank} for a convolution of {target.Outputs} x {target.Inputs} x {target.KernelHeight} x {target.KernelWidth}; "
                + $"1 to {target.FullRank} was expected.");
        }

        Target = target;
        Rank = rank;
    }

    /// <summary>The regular convolution to approximate.</summary>
    public CompositeConvolution Target { get; }

    /// <summary>
    /// Depthwise filters for each input channel, T: from 1 to min(n, q). A method whose pairs are of another form spends at most the
    /// multiply-adds that T filters cost, T * c * (q + n) for each position.
    /// </summary>
    public int Rank { get; }

    /// <summary>
    /// Moments of x, the patches that the convolution reads, and y, what the pair shall respond; null without data. y is the original
    /// network's response also where x is not the original network's.
    /// </summary>
    /// <exception cref="DecompositionException">They are of another convolution, or of no positions.</exception>
    public LayerStatistics? Statistics
    {
        get;
        init
        {
            Require(value?.Inputs, value?.Outputs, value?.Count);
            field = value;
        }
    }

    /// <summary>The very positions that <see cref="Statistics"/> sums up; null if they are not at hand.</summary>
    /// <exception cref="DecompositionException">They are of another convolution, or of no positions.</exception>
    public LayerSamples? Samples
    {
        get;
        init
        {
            Require(value?.Inputs, value?.Outputs, value?.Count);
            field = value;
        }
    }

    /// <summary>Threads that a method may use, as many as its samples were made for. No bit of its result depends on it.</summary>
    internal int Threads => Samples?.Threads ?? 1;

    /// <summary><see cref="Statistics"/>, for methods that cannot do without.</summary>
    /// <exception cref="DecompositionException">There are none; the message names the method.</exception>
    public LayerStatistics RequireStatistics(IDecompositionMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Statistics ?? throw new DecompositionException($"The method '{method.Name}' needs calibration data.");
    }

    private void Require(int? inputs, int? outputs, long? count)
    {
        int patch = Target.Weights.Columns;
        if ((inputs is not null && inputs != patch) || (outputs is not null && outputs != Target.Outputs))
        {
            throw new DecompositionException(
                $"Calibration data of {Words.Count(inputs ?? 0, "input")} and {Words.Count(outputs ?? 0, "output")} for a convolution of "
                + $"{patch} and {Target.Outputs}.");
        }

        if (count is 0)
        {
            throw new DecompositionException("Calibration data of no positions; at least one was expected.");
        }
    }
}
