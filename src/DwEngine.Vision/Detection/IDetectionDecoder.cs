using DwEngine.Runtime;

namespace DwEngine.Vision.Detection;

/// <summary>
/// Reads boxes from the outputs of one kind of detector. It is made for the shapes of the outputs and refuses others. Immutable and safe to
/// share between threads.
/// </summary>
public interface IDetectionDecoder
{
    /// <summary>How many classes the network tells apart.</summary>
    int ClassCount { get; }

    /// <summary>The most boxes that <see cref="Decode"/> finds.</summary>
    int MaxBoxes { get; }

    /// <summary>Finds all boxes of at least a score, before any suppression. Allocates nothing.</summary>
    /// <param name="outputs">The elements of each output, in the order of the outputs that the decoder was made for.</param>
    /// <param name="minimumScore">Boxes of a lower score are left out.</param>
    /// <param name="boxes">Receives the boxes, in pixels of the network's input; room for <see cref="MaxBoxes"/>.</param>
    /// <returns>How many were found.</returns>
    /// <exception cref="DetectionException">An element is not finite or a score no probability, or the number or length of outputs is
    /// wrong.</exception>
    /// <exception cref="ArgumentException">There is no room for <see cref="MaxBoxes"/>.</exception>
    int Decode(ReadOnlySpan<ReadOnlyMemory<float>> outputs, float minimumScore, Span<ScoredBox> boxes);
}

/// <summary>What a decoder is made for.</summary>
/// <param name="Outputs">Name, type and shape of each output of the network, in its order.</param>
/// <param name="InputWidth">Width of the network's input in pixels.</param>
/// <param name="InputHeight">Height of the network's input in pixels.</param>
/// <param name="ClassCount">How many classes there are, where that is known from elsewhere, such as from labels.</param>
public sealed record DetectorSignature(
    System.Collections.Immutable.ImmutableArray<SessionValue> Outputs, int InputWidth, int InputHeight, int? ClassCount = null)
{
    /// <summary>All outputs, for messages.</summary>
    public string OutputsText => string.Join(", ", Outputs.Select(output => $"'{output.Name}' {output.Shape}"));
}
