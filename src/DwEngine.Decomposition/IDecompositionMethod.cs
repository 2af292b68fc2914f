using System.Collections.Immutable;

namespace DwEngine.Decomposition;

/// <summary>What a regular convolution is decomposed into.</summary>
public enum PairKind
{
    /// <summary>T depthwise filters for each input channel and a pointwise convolution, see <see cref="SeparablePair"/>.</summary>
    Separable,

    /// <summary>A regular convolution of fewer channels and a pointwise one, see <see cref="ChannelPair"/>.</summary>
    Channel,
}

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

    /// <summary>What the method makes.</summary>
    PairKind Kind => PairKind.Separable;

    /// <summary>Whether the method reads <see cref="DecompositionRequest.Samples"/> where images are at hand.</summary>
    bool WantsSamples => false;

    /// <summary>
    /// Decomposes <see cref="DecompositionRequest.Target"/> with <see cref="DecompositionRequest.Rank"/> filters for each input channel.
    /// </summary>
    /// <exception cref="DecompositionException">The request lacks data that the method needs.</exception>
    DecompositionResult Decompose(DecompositionRequest request);

    /// <summary>
    /// The same for all ranks from 1 to <see cref="DecompositionRequest.Rank"/>, in that order and with the same bits: for methods that
    /// find some of them on the way to others.
    /// </summary>
    /// <exception cref="DecompositionException">The request lacks data that the method needs.</exception>
    ImmutableArray<DecompositionResult> DecomposeAll(DecompositionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return
        [
            .. Enumerable.Range(1, request.Rank).Select(rank => Decompose(
                new DecompositionRequest(request.Target, rank) { Statistics = request.Statistics, Samples = request.Samples })),
        ];
    }
}
