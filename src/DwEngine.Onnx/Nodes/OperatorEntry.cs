namespace DwEngine.Onnx.Nodes;

/// <summary>An operator in a range of operator sets.</summary>
/// <param name="Name">The operator's name.</param>
/// <param name="Since">The first version of the operator set for which this holds.</param>
/// <param name="Import">Appends layers to the graph, and tells what the node's outputs are.</param>
/// <param name="Until">The last version for which it holds; null for all later ones.</param>
internal sealed record OperatorEntry(string Name, int Since, Func<NodeContext, Operand[]> Import, int? Until = null)
{
    /// <summary>An operator of one output.</summary>
    public static OperatorEntry Of(string name, int since, Func<NodeContext, Operand> import, int? until = null) =>
        new(name, since, node => [import(node)], until);

    /// <summary>Whether it holds for a version.</summary>
    public bool Covers(long opset) => opset >= Since && (Until is not { } last || opset <= last);
}
