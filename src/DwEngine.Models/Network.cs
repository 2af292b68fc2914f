using DwEngine.Graphs;

namespace DwEngine.Models;

/// <summary>A network as its weights tell it, before any pass.</summary>
/// <param name="Graph">The layers; nodes with weights bear the prefix of their tensors' names.</param>
/// <param name="Metadata">The given metadata with the architecture's name, and with what the architecture itself settles.</param>
public sealed record Network(Graph Graph, ModelMetadata Metadata);
