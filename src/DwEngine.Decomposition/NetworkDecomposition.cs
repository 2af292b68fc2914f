using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Decomposition;

/// <summary>A network after its decomposition. Costs are those for the graph's default input shape.</summary>
/// <param name="Graph">The network with separable pairs in the place of regular convolutions, before any pass.</param>
/// <param name="Layers">Every layer that could be decomposed, from input to output.</param>
public sealed record NetworkDecomposition(Graph Graph, ImmutableArray<LayerReport> Layers)
{
    /// <summary>Multiply-adds of the whole network before.</summary>
    public required long MultiplyAddsBefore { get; init; }

    /// <summary>Multiply-adds of the whole network after.</summary>
    public required long MultiplyAddsAfter { get; init; }

    /// <summary>Trained values of the whole network before.</summary>
    public required long ParametersBefore { get; init; }

    /// <summary>Trained values of the whole network after.</summary>
    public required long ParametersAfter { get; init; }
}
