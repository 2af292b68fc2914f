namespace DwEngine.Graphs;

/// <summary>
/// A tensor that flows through a graph: a graph's input or a node's output. Values are the same only if they are the same object; their
/// names are unique within a graph. Who produces and consumes a value is the graph's knowledge, so that graphs can share values.
/// </summary>
/// <param name="name">The name, not empty.</param>
public sealed class Value(string name)
{
    /// <summary>The name, unique within a graph.</summary>
    public string Name { get; } = string.IsNullOrEmpty(name) ? throw new GraphException("A value needs a name.") : name;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
