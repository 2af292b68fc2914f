using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Export;

/// <summary>A node that is being written: what is asked of it, and the operators that it becomes.</summary>
/// <param name="node">The node.</param>
/// <param name="inputs">The names of the values that it reads.</param>
/// <param name="facts">What is known of these.</param>
/// <param name="scope">Where names and constants go.</param>
internal sealed class NodeExport(Node node, ImmutableArray<string> inputs, ImmutableArray<Fact> facts, ExportScope scope)
{
    /// <summary>The operators so far, each after those whose results it reads.</summary>
    public List<NodeProto> Operators { get; } = [];

    public string Name => node.Name;

    public Layer Layer => node.Layer;

    public int InputCount => inputs.Length;

    /// <summary>What is known of the inputs for the graph's default shapes.</summary>
    public ImmutableArray<Fact> Facts => facts;

    /// <summary>Whether dimensions other than the first may differ from those of the facts.</summary>
    public bool HasOpenSizes => scope.HasOpenSizes;

    public string Input(int index) => inputs[index];

    /// <summary>Appends an operator with one result.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="operands">What it reads; an empty name for what is left out.</param>
    /// <param name="attributes">Its attributes.</param>
    public string Apply(string type, ImmutableArray<string> operands, params ReadOnlySpan<AttributeProto> attributes) =>
        ApplyAll(type, operands, 1, attributes)[0];

    /// <summary>Appends an operator with several results.</summary>
    public string[] ApplyAll(string type, ImmutableArray<string> operands, int results, params ReadOnlySpan<AttributeProto> attributes)
    {
        var proto = new NodeProto { OpType = type };
        proto.Input.AddRange(operands);
        proto.Attribute.AddRange(attributes.ToArray());
        string[] names = [.. Enumerable.Range(0, results).Select(_ => scope.NewValue($"{Name}_{type}"))];
        proto.Output.AddRange(names);
        Operators.Add(proto);
        return names;
    }

    /// <summary>A parameter of the layer as a constant; the same tensor is written once.</summary>
    public string Parameter(string name) => scope.Constant($"{Name}.{name}", Tensor(name));

    /// <summary>A parameter of the layer, or an empty name if it has none of that name.</summary>
    public string ParameterOrNone(string name) =>
        Layer.Parameters.Any(parameter => parameter.Name == name) ? Parameter(name) : "";

    /// <summary>A parameter's tensor.</summary>
    public Tensor Tensor(string name) => Layer.Parameters.First(parameter => parameter.Name == name).Tensor;

    /// <summary>Whether a tensor is left out, so that nothing may be made of its values.</summary>
    public bool IsHollow(Tensor tensor) => scope.IsHollow(tensor);

    /// <summary>A constant.</summary>
    public string Constant(string suffix, Tensor tensor) => scope.Constant($"{Name}.{suffix}", tensor);

    /// <summary>A constant vector of whole numbers.</summary>
    public string Longs(string suffix, params IEnumerable<int> values)
    {
        long[] numbers = [.. values.Select(value => (long)value)];
        byte[] bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        return Constant(suffix, Tensors.Tensor.FromBytes(ElementType.Int64, new Shape(numbers.Length), bytes));
    }

    /// <summary>A constant number.</summary>
    public string Float(string suffix, double value) => Constant(suffix, Tensors.Tensor.FromFloats(new Shape(), [(float)value]));

    /// <summary>An input of whole numbers as Int64, which ONNX wants wherever a vector says dimensions.</summary>
    public string LongInput(int index) => facts[index].Type == ElementType.Int64
        ? Input(index)
        : Apply("Cast", [Input(index)], Attributes.Of("to", (long)ExportScope.TypeOf(ElementType.Int64)));

    /// <summary>The content of an input that is constant.</summary>
    /// <exception cref="NoForm">It is not.</exception>
    public ImmutableArray<int> Integers(int index)
    {
        const int Most = int.MaxValue, Least = int.MinValue;
        Tensor tensor = facts[index].Constant ?? throw new NoForm($"input {index} is computed; opset {OnnxExport.Opset} wants a constant");
        return tensor.Type == ElementType.Int64
            ? [.. MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray().Select(value => (int)Math.Clamp(value, Least, Most))]
            : [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes)];
    }

    /// <summary>The layer's attribute of that name, or null.</summary>
    public object? Attribute(string name)
    {
        foreach (LayerAttribute attribute in Layer.Attributes)
        {
            if (attribute.Name == name)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    /// <summary>A list among the layer's attributes; default if it has none.</summary>
    public ImmutableArray<int> List(string name) => Attribute(name) is ImmutableArray<int> list ? list : default;

    /// <summary>A tensor of the layer's input, in the shape of another.</summary>
    public string ReshapeLike(string value, string like) => Apply("Reshape", [value, Apply("Shape", [like])]);

    /// <summary>A value in other dimensions, where 0 copies a dimension and -1 takes the rest.</summary>
    public string Reshape(string value, params IEnumerable<int> dimensions) => Apply("Reshape", [value, Longs("shape", dimensions)]);
}
