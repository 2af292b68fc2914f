using DwEngine.Passes;
using DwEngine.Tensors;

namespace DwEngine.Runtime;

/// <summary>What a model keeps.</summary>
public sealed record ModelMemoryOptions
{
    /// <summary>The default: the network as it was given is kept beside the optimised one.</summary>
    public static ModelMemoryOptions Default { get; } = new();

    /// <summary>
    /// Whether <see cref="Model.Graph"/> stays the network as it was given. If not, it is the optimised network, and the memory of weights
    /// that the passes have replaced is free once nobody else holds the network. Sessions and their results are the same.
    /// </summary>
    public bool KeepsOriginal { get; init; } = true;

    /// <summary>
    /// How the weights of large fully connected layers are stored: <see cref="ElementType.Float32"/>, or <see cref="ElementType.Float16"/>,
    /// which takes half the memory and time and rounds each weight to 11 bits (see <see cref="StoreLargeWeightsInHalf"/>).
    /// </summary>
    /// <exception cref="ArgumentException">It is another type.</exception>
    public ElementType LargeWeights
    {
        get;
        init => field = value is ElementType.Float32 or ElementType.Float16
            ? value
            : throw new ArgumentException($"Expected Float32 or Float16 for large weights, found {value}.", nameof(value));
    } = ElementType.Float32;
}
