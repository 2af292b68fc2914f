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

    /// <summary>Depthwise filters for each input channel, T: from 1 to min(n, q).</summary>
    public int Rank { get; }
}
