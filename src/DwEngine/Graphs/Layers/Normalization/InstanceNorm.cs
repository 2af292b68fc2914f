using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Normalises each channel, which is axis 1, of each image on its own. The scale and the shift are a number for each channel.
/// </summary>
/// <param name="epsilon">What is added to the variance.</param>
/// <exception cref="GraphException">epsilon is negative or no number.</exception>
public sealed class InstanceNorm(double epsilon = 1e-5) : NormalizationLayer(epsilon)
{
    /// <inheritdoc/>
    public override string Kind => "InstanceNorm";

    private protected override (Shape Scales, int Groups, int ChannelAxes) Divide(Shape input)
    {
        LayerChecks.RequireRank(input, 3);
        return (new Shape(input[1]), checked(input[0] * input[1]), input.Rank - 2);
    }
}
