using System.Collections.Immutable;
using DwEngine.Files;

namespace DwEngine.Onnx;

/// <summary>
/// A graph that has no form in ONNX's operator set, or is too large for one file. <see cref="Nodes"/> has every node that is the cause, the
/// message the first of them.
/// </summary>
public sealed class OnnxExportException : DwEngineException
{
    /// <summary>Creates the error with a message.</summary>
    public OnnxExportException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error of nodes that cannot be written.</summary>
    /// <param name="nodes">What is missing, by the node's name; at least one.</param>
    public OnnxExportException(ImmutableArray<KeyValuePair<string, string>> nodes)
        : base(
            $"{(nodes.Length == 1 ? "1 node has" : $"{nodes.Length} nodes have")} no form in ONNX, opset {OnnxExport.Opset}: "
            + Quoting.Few([.. nodes.Select(node => $"node '{node.Key}': {node.Value}")], 20, "; ")) =>
        Nodes = [.. nodes.Select(node => node.Key)];

    /// <summary>The names of the nodes that cannot be written; empty if the graph as a whole cannot.</summary>
    public ImmutableArray<string> Nodes { get; } = [];
}
