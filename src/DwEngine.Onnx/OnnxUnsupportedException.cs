using System.Collections.Immutable;
using DwEngine.Files;

namespace DwEngine.Onnx;

/// <summary>A node that cannot be imported.</summary>
/// <param name="Node">Its name, or its first output's if it has none.</param>
/// <param name="Operator">Its operator, with the domain unless that is ONNX's own.</param>
/// <param name="Opset">The version of the operator set that the file imports; 0 if it imports none of that domain.</param>
/// <param name="Missing">What is missing.</param>
public sealed record UnsupportedNode(string Node, string Operator, long Opset, string Missing)
{
    private const int MostNames = 3, MostKinds = 20;

    /// <summary>The graph's input that would have to be constant, if that is what is missing.</summary>
    public string? Input { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"node '{Node}' ({Operator}, opset {Opset}): {Missing}";

    // What is missing for many nodes is said once, with a few of their names.
    internal static string TextOf(ImmutableArray<UnsupportedNode> nodes) => Quoting.Few(
        [
            .. nodes.GroupBy(node => (node.Operator, node.Opset, node.Missing)).Select(kind => kind.Count() == 1
                ? kind.First().ToString()
                : $"{kind.Count()} nodes {Quoting.Few([.. kind.Select(node => Quoting.Quoted(node.Node))], MostNames)} "
                    + $"({kind.Key.Operator}, opset {kind.Key.Opset}): {kind.Key.Missing}"),
        ],
        MostKinds,
        "; ");
}

/// <summary>A well-formed ONNX network that has nodes which the engine cannot compute: all of them in one error,
/// which tells each kind of gap once.</summary>
/// <param name="file">The file's path or name.</param>
/// <param name="nodes">The nodes; at least one.</param>
public sealed class OnnxUnsupportedException(string file, ImmutableArray<UnsupportedNode> nodes)
    : DwEngineException(
        $"{file}: {(nodes.Length == 1 ? "1 node is" : $"{nodes.Length} nodes are")} not supported: {UnsupportedNode.TextOf(nodes)}")
{
    /// <summary>The file's path or name.</summary>
    public string File { get; } = file;

    /// <summary>The nodes, in the order in which they are computed.</summary>
    public ImmutableArray<UnsupportedNode> Nodes { get; } = nodes;
}
