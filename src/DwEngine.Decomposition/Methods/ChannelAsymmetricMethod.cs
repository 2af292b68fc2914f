namespace DwEngine.Decomposition.Methods;

/// <summary>
/// <see cref="ChannelMethod"/> on asymmetric data, as Zhang et al. decompose whole networks: x comes from the network as decomposed so far
/// and y from the original one.
/// </summary>
public sealed class ChannelAsymmetricMethod : ChannelMethod
{
    /// <inheritdoc/>
    public override string Name => "channel-asymmetric";

    /// <inheritdoc/>
    public override CalibrationData Needs => CalibrationData.Asymmetric;
}
