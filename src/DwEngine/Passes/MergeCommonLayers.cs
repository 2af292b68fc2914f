using System.Text;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Computes once what several nodes compute alike: layers of one kind with equal attributes and tensors that read the same values. Tensors
/// are equal if they are the same, or have the same few elements.
/// </summary>
public sealed class MergeCommonLayers : IGraphPass
{
    // Larger tensors are only the same if they are one object: networks do not repeat trained weights.
    private const int MostBytes = 4096;

    /// <inheritdoc/>
    public string Name => "merge-common-layers";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        // Only layers of one type with the same first input can be alike, and most have that to themselves: no key is needed for them.
        var alike = new Dictionary<(Type, Value?), List<(Node Node, string? Key)>>();
        var merged = new Dictionary<Value, Value>();
        var tensors = new Dictionary<Tensor, int>(ReferenceEqualityComparer.Instance);
        var values = new Dictionary<Value, int>();
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (FirstLike(node) is not { } first)
            {
                continue;
            }

            for (int i = 0; i < node.Outputs.Length; i++)
            {
                merged[node.Outputs[i]] = first.Outputs[i];
                rewriter.Rewire(node.Outputs[i], first.Outputs[i]);
            }

            rewriter.Remove(node);
        }

        return rewriter.ToGraph();

        Node? FirstLike(Node node)
        {
            Value? input = node.Inputs.IsEmpty ? null : merged.GetValueOrDefault(node.Inputs[0], node.Inputs[0]);
            if (!alike.TryGetValue((node.Layer.GetType(), input), out List<(Node Node, string? Key)>? others))
            {
                alike.Add((node.Layer.GetType(), input), [(node, null)]);
                return null;
            }

            string key = KeyOf(node);
            for (int i = 0; i < others.Count; i++)
            {
                Node other = others[i].Node;
                others[i] = (other, others[i].Key ?? KeyOf(other));
                if (others[i].Key == key)
                {
                    return other;
                }
            }

            others.Add((node, key));
            return null;
        }

        string KeyOf(Node node)
        {
            var key = new StringBuilder(node.Layer.GetType().Name).Append('\0').Append(node.Layer.Kind);
            foreach (LayerAttribute attribute in node.Layer.Attributes)
            {
                key.Append('\0').Append(attribute.Name).Append('=').Append(attribute.Text);
            }

            foreach (LayerParameter parameter in node.Layer.Parameters)
            {
                key.Append('\0').Append(parameter.Name).Append('=').Append(TextOf(parameter.Tensor));
            }

            foreach (Value value in node.Inputs)
            {
                key.Append('\0').Append('<').Append(NumberOf(values, merged.GetValueOrDefault(value, value)));
            }

            return key.ToString();
        }

        string TextOf(Tensor tensor) => tensor.Bytes.Length <= MostBytes
            ? $"{tensor.Type} {tensor.Shape} {Convert.ToHexString(tensor.Bytes)}"
            : $"{NumberOf(tensors, tensor)}";
    }

    private static int NumberOf<T>(Dictionary<T, int> numbers, T item)
        where T : notnull
    {
        if (!numbers.TryGetValue(item, out int number))
        {
            numbers.Add(item, number = numbers.Count);
        }

        return number;
    }
}
