using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Normalises groups of neighbouring channels, which are axis 1, of each image together. The scale and the shift are a number for each
/// channel.
/// </summary>
public sealed class GroupNorm : NormalizationLayer
{
    /// <summary>Creates the layer.</summary>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="GraphException">There is no group, or epsilon is negative or no number.</exception>
    public GroupNorm(int groups, double epsilon = 1e-5)
        : base(epsilon) => Groups = groups > 0 ? groups : throw new GraphException($"expected one group or more, found {groups}.");

    /// <inheritdoc/>
    public override string Kind => "GroupNorm";

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("groups", Groups), .. base.Attributes];

    private protected override (Shape Scales, int Groups, int ChannelAxes) Divide(Shape input)
    {
        LayerChecks.RequireRank(input, 2);
        return input[1] % Groups == 0
            ? (new Shape(input[1]), checked(input[0] * Groups), input.Rank - 2)
            : throw new ShapeException($"expected channels that {Groups} groups share equally, found {input[1]} (input {input}).");
    }
}
