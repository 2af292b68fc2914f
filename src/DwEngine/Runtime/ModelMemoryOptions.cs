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
}
