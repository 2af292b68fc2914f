namespace DwEngine.Decomposition;

/// <summary>What a method knows of the data that a layer sees.</summary>
public enum CalibrationData
{
    /// <summary>Nothing: it works on the weights.</summary>
    None,

    /// <summary>x and y are those of the original network.</summary>
    Original,

    /// <summary>
    /// x comes from the network as decomposed so far and y from the original one, so that a layer makes up for the errors of those before
    /// it.
    /// </summary>
    Asymmetric,
}

/// <summary>
/// One way to turn a regular convolution into a pair of convolutions. Implementations lie in the folder Methods, hold no state and give the
/// same bits for the same request; <see cref="DecompositionMethods"/> lists them.
/// </summary>
public interface IDecompositionMethod
{
    /// <summary>The name by which users choose the method, in lower case.</summary>
    string Name { get; }

    /// <summary>
    /// The data without which the method cannot work: <see cref="DecompositionRequest.Statistics"/> must be of it or above.
    /// </summary>
    CalibrationData Needs => CalibrationData.None;

    /// <summary>The data that the method gets where images are at hand; at least <see cref="Needs"/>.</summary>
    CalibrationData Wants => Needs;

    /// <summary>Whether the method reads <see cref="DecompositionRequest.Samples"/> where images are at hand.</summary>
    bool WantsSamples => false;

    /// <summary>
    /// Decomposes <see cref="DecompositionRequest.Target"/> with <see cref="DecompositionRequest.Rank"/> filters for each input channel.
    /// </summary>
    /// <exception cref="DecompositionException">The request lacks data that the method needs.</exception>
    DecompositionResult Decompose(DecompositionRequest request);
}
