namespace DwEngine.Decomposition;

/// <summary>What becomes of a layer.</summary>
/// <param name="Rank">
/// Depthwise filters for each input channel, or what costs no more in pairs of another kind, see <see cref="DecompositionRequest.Rank"/>; 0
/// to leave the layer as it is.
/// </param>
/// <param name="Method">The method's name; null for that of the whole network.</param>
public readonly record struct LayerChoice(int Rank, string? Method = null);
