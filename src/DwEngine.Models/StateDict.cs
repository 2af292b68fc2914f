using System.Collections;
using System.Diagnostics.CodeAnalysis;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Models;

/// <summary>Named tensors in the order in which they were added, as PyTorch's <c>state_dict</c>.</summary>
public sealed class StateDict : IReadOnlyCollection<KeyValuePair<string, Tensor>>
{
    private readonly OrderedDictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _tensors.Count;

    /// <summary>The tensors' names, in order.</summary>
    public IReadOnlyList<string> Names => _tensors.Keys;

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="WeightMismatchException">No tensor has that name.</exception>
    public Tensor this[string name] => TryGet(name, out Tensor? tensor) ? tensor
        : throw new WeightMismatchException($"There is no tensor '{name}' among the {Count} that are there.");

    /// <summary>The tensors of a graph's layers, each named by its node and its part in the layer, in the order of the nodes.</summary>
    public static StateDict Of(Graph graph)
    {
        var tensors = new StateDict();
        foreach (Node node in graph.Nodes)
        {
            foreach (LayerParameter parameter in node.Layer.Parameters)
            {
                tensors.Add($"{node.Name}.{parameter.Name}", parameter.Tensor);
            }
        }

        return tensors;
    }

    /// <summary>Adds a tensor under a new name.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string name, Tensor tensor) => _tensors.Add(name, tensor);

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>A tensor's length along an axis; -1 if it is not there, has another number of axes, or is empty there.</summary>
    internal int Dimension(string name, int axis, int rank) =>
        TryGet(name, out Tensor? tensor) && tensor.Shape.Rank == rank && tensor.Shape[axis] > 0 ? tensor.Shape[axis] : -1;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
