using System.Security.Cryptography;
using System.Text;
using DwEngine.Graphs.Layers;

namespace DwEngine.Graphs;

/// <summary>Tells graphs apart by what they are made of.</summary>
public static class GraphIdentity
{
    /// <summary>
    /// The SHA-256 of everything that a graph consists of: inputs and outputs, and of each node its name, its layer's kind, attributes and
    /// tensors, and which values it reads and produces. Two graphs of one hash compute the same under the same names.
    /// </summary>
    public static byte[] ComputeHash(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Dictionary<Value, int> numbers = [];
        foreach (GraphInput input in graph.Inputs)
        {
            numbers.Add(input.Value, numbers.Count);
            Append(hash, "input", input.Name, $"{input.Type}", $"{input.DefaultShape}");
        }

        foreach (Node node in graph.Nodes)
        {
            foreach (Value value in node.Outputs)
            {
                numbers.Add(value, numbers.Count);
            }

            Append(hash, "node", node.Name, node.Layer.Kind, string.Join(" ", node.Inputs.Select(value => numbers[value])));
            foreach (LayerAttribute attribute in node.Layer.Attributes)
            {
                Append(hash, "attribute", attribute.Name, attribute.Text);
            }

            foreach (LayerParameter parameter in node.Layer.Parameters)
            {
                Append(hash, "parameter", parameter.Name, $"{parameter.Tensor.Type}", $"{parameter.Tensor.Shape}");
                hash.AppendData(parameter.Tensor.Bytes);
            }
        }

        foreach (GraphOutput output in graph.Outputs)
        {
            Append(hash, "output", output.Name, $"{numbers[output.Value]}");
        }

        return hash.GetHashAndReset();
    }

    /// <summary>
    /// What the time of a run depends on: of each node the layer's kind, attributes, and the types and shapes of all that it reads and has.
    /// Names and the values of tensors do not count.
    /// </summary>
    public static string Geometry(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        GraphFacts facts = graph.Infer();
        return string.Join("; ", graph.Nodes.Select(node =>
            $"{node.Layer.Kind} {string.Join(", ", facts.InputsOf(node))} {string.Join(", ", node.Layer.Attributes)}"
            + $" {string.Join(", ", node.Layer.Parameters.Select(parameter => parameter.Tensor.Shape))}"));
    }

    // Each part is preceded by its length, so that no two lists of parts give the same bytes.
    private static void Append(IncrementalHash hash, params ReadOnlySpan<string> parts)
    {
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }
}
