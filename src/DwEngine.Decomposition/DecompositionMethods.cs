using System.Collections.Immutable;
using DwEngine.Decomposition.Methods;

namespace DwEngine.Decomposition;

/// <summary>The methods that there are.</summary>
public static class DecompositionMethods
{
    /// <summary>All methods, each better than those before it for the same data.</summary>
    public static ImmutableArray<IDecompositionMethod> All { get; } =
    [
        new DecouplingMethod(),
        new SvdMethod(),
        new GsvdMethod(),
        new ChannelMethod(),
        new InterChannelMethod(),
        new ChannelAsymmetricMethod(),
        new MultiLayerMethod(),
        new JointMethod(),
    ];

    /// <summary>The best method for which the data suffice.</summary>
    public static IDecompositionMethod Best(CalibrationData data) => All.Last(method => method.Needs <= data);

    /// <summary>The method of that name, in any case of letters.</summary>
    /// <exception cref="DecompositionException">There is none; the message lists those there are.</exception>
    public static IDecompositionMethod Find(string name) =>
        All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new DecompositionException($"Unknown method '{name}'; there are: {string.Join(", ", All.Select(method => method.Name))}.");
}
