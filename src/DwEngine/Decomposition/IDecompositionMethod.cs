namespace DwEngine.Decomposition;

/// <summary>
/// One way to turn a regular convolution into a separable pair. Implementations lie in the folder Methods, hold no state and give the same
/// bits for the same request; <see cref="DecompositionMethods"/> lists them.
/// </summary>
public interface IDecompositionMethod
{
    /// <summary>The name by which users choose the method, in lower case.</summary>
    string Name { get; }

    /// <summary>
    /// Decomposes <see cref="DecompositionRequest.Target"/> with <see cref="DecompositionRequest.Rank"/> filters for each input channel.
    /// </summary>
    DecompositionResult Decompose(DecompositionRequest request);
}
