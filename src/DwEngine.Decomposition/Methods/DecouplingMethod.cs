namespace DwEngine.Decomposition.Methods;

/// <summary>
/// The baseline network decoupling (J. Guo et al., "Network Decoupling: From Regular to Depthwise Separable Convolutions", 2018), depthwise
/// before pointwise: each W_i is replaced by its T leading singular triplets, without data. Its rank 1 is <see cref="SvdMethod"/>; what it
/// proposes is T above 1, at T times the cost.
/// </summary>
public sealed class DecouplingMethod : IDecompositionMethod
{
    private static readonly SvdMethod s_triplets = new();

    /// <inheritdoc/>
    public string Name => "decoupling";

    /// <inheritdoc/>
    public DecompositionResult Decompose(DecompositionRequest request) => s_triplets.Decompose(request);
}
