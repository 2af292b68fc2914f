namespace DwEngine.Decomposition.Methods;

/// <summary>
/// Depth-wise decomposition with compensation across layers (arXiv 1910.09455): what <see cref="InterChannelMethod"/> does, on asymmetric
/// data. x comes from the network as decomposed so far and y from the original one, so that a layer makes up for the errors of those before
/// it.
/// </summary>
public sealed class MultiLayerMethod : InterChannelMethod
{
    /// <inheritdoc/>
    public override string Name => "multi-layer";

    /// <inheritdoc/>
    public override CalibrationData Needs => CalibrationData.Asymmetric;
}
