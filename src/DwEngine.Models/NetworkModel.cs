using DwEngine.Graphs;
using DwEngine.Runtime;

namespace DwEngine.Models;

/// <summary>A <see cref="Model"/> of a known architecture, with what is known of the network beside its layers.</summary>
/// <param name="graph">The network as it was built or loaded; the inference passes are run on it here.</param>
/// <param name="metadata">What is known of the network beside its layers.</param>
/// <param name="options">What it keeps; null for the default.</param>
/// <exception cref="GraphException">A pass broke the graph.</exception>
/// <exception cref="ShapeException">The graph does not fit its default input shapes.</exception>
public sealed class NetworkModel(Graph graph, ModelMetadata metadata, ModelMemoryOptions? options = null) : Model(graph, options)
{
    /// <summary>
    /// What is known of the network beside its layers, such as how its images are prepared and what its classes are called.
    /// </summary>
    public ModelMetadata Metadata { get; } = metadata;
}
