using System.Collections.Immutable;
using DwEngine.Graphs.Layers;

namespace DwEngine.Graphs;

/// <summary>A layer at its place in a graph.</summary>
public sealed class Node
{
    /// <summary>Creates a node.</summary>
    /// <param name="name">The name, unique within a graph; where the network has named weights, the prefix of their names.</param>
    /// <param name="layer">What the node computes.</param>
    /// <param name="inputs">What it reads, in the layer's order. A value may occur more than once.</param>
    /// <param name="outputs">What it produces, in the layer's order.</param>
    /// <exception cref="GraphException">The name is empty, or the layer takes or makes another number of values.</exception>
    public Node(string name, Layer layer, ImmutableArray<Value> inputs, ImmutableArray<Value> outputs)
    {
        if (string.IsNullOrEmpty(name))
        {
            throw new GraphException("A node needs a name.");
        }

        ArgumentNullException.ThrowIfNull(layer);
        if (inputs.IsDefault || inputs.Length < layer.MinimumInputs || inputs.Length > layer.MaximumInputs)
        {
            string expected = layer.MaximumInputs == layer.MinimumInputs ? $"{layer.MinimumInputs}"
                : layer.MaximumInputs == int.MaxValue ? $"at least {layer.MinimumInputs}"
                : $"{layer.MinimumInputs} to {layer.MaximumInputs}";
            throw new GraphException(
                $"Node '{name}' ({layer}): expected {expected} input{(layer.MaximumInputs == 1 ? "" : "s")}, found "
                + $"{(inputs.IsDefault ? 0 : inputs.Length)}.");
        }

        if (outputs.IsDefault || outputs.Length != layer.OutputCount)
        {
            throw new GraphException(
                $"Node '{name}' ({layer}): expected {Words.Count(layer.OutputCount, "output")}, found "
                + $"{(outputs.IsDefault ? 0 : outputs.Length)}.");
        }

        Name = name;
        Layer = layer;
        Inputs = inputs;
        Outputs = outputs;
    }

    /// <summary>The name, unique within a graph.</summary>
    public string Name { get; }

    /// <summary>What the node computes.</summary>
    public Layer Layer { get; }

    /// <summary>What it reads, in the layer's order.</summary>
    public ImmutableArray<Value> Inputs { get; }

    /// <summary>What it produces, in the layer's order.</summary>
    public ImmutableArray<Value> Outputs { get; }

    /// <inheritdoc/>
    public override string ToString() => $"'{Name}' ({Layer})";
}
