using System.Collections.Immutable;

namespace DwEngine.PyTorch;

/// <summary>A graph that has no exact form in PyTorch. The message names every node that is the cause.</summary>
public sealed class PyTorchExportException : DwEngineException
{
    /// <summary>Creates the error with a message.</summary>
    public PyTorchExportException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with a message and its cause.</summary>
    public PyTorchExportException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the error of nodes that cannot be written.</summary>
    /// <param name="nodes">What is missing, by the node's name; at least one.</param>
    public PyTorchExportException(ImmutableArray<KeyValuePair<string, string>> nodes)
        : base(
            $"{(nodes.Length == 1 ? "1 node has" : $"{nodes.Length} nodes have")} no form in PyTorch: "
            + string.Join("; ", nodes.Select(node => $"node '{node.Key}': {node.Value}"))) => Nodes = [.. nodes.Select(node => node.Key)];

    /// <summary>The names of the nodes that cannot be written; empty if the graph as a whole cannot.</summary>
    public ImmutableArray<string> Nodes { get; } = [];
}
