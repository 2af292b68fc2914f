using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Onnx;

/// <summary>A network as an ONNX file tells it, before any pass.</summary>
/// <param name="Graph">The layers. Nodes bear the names of the file's nodes, inputs and outputs those of its values.</param>
/// <param name="Properties">
/// What the file says of the network under names of its producer's choice, such as how images are prepared.
/// </param>
public sealed record OnnxNetwork(Graph Graph, ImmutableDictionary<string, string> Properties)
{
    /// <summary>The program that wrote the file, and its version; empty if it does not say.</summary>
    public string Producer { get; init; } = "";

    /// <summary>The version of the file format.</summary>
    public long FormatVersion { get; init; }

    /// <summary>The version of ONNX's operator set.</summary>
    public long Opset { get; init; }

    /// <summary>What is known of the network beside its layers.</summary>
    public ModelMetadata Metadata { get; init; } = new();

    /// <summary>The nodes of the file that outputs depend on.</summary>
    public int NodeCount { get; init; }
}
