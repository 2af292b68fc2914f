using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>A node that is being written: what is asked of it, and what its module keeps for it.</summary>
/// <param name="node">The node.</param>
/// <param name="facts">What is known of its inputs.</param>
/// <param name="module">The module that it becomes a part of.</param>
internal sealed class NodeWriter(Node node, ImmutableArray<Fact> facts, ModuleWriter module)
{
    public Layer Layer => node.Layer;

    public int InputCount => node.Inputs.Length;

    /// <summary>What is known of the inputs for the graph's default shapes.</summary>
    public ImmutableArray<Fact> Facts => facts;

    /// <summary>The length of the first axis of what is fed, which may be another when the module runs; 0 if inputs differ.</summary>
    public int Batch => module.Batch;

    /// <summary>The expression of an input.</summary>
    public string Input(int index) => module.Expression(node.Inputs[index]);

    /// <summary>The expression of an operand that broadcasts: a number where it is one constant.</summary>
    public string Operand(int index) => IsNumber(index) ? Literal(Constant(index)!) : Input(index);

    /// <summary>Whether an input is one constant number that adds no axes to the others.</summary>
    public bool IsNumber(int index) => Constant(index) is { Shape.ElementCount: 1 } number
        && number.Shape.Rank <= facts.Where((_, other) => other != index).Max(fact => fact.Shape.Rank)
        && !Enumerable.Range(0, InputCount).All(other => Constant(other) is { Shape.ElementCount: 1 });

    /// <summary>The content of an input that never changes; null for what depends on what is fed.</summary>
    public Tensor? Constant(int index) => module.ConstantOf(node.Inputs[index]);

    /// <summary>The whole numbers of an input that never changes.</summary>
    /// <param name="index">Which input.</param>
    /// <param name="what">What they are, for the reason that the layer is refused if they are computed.</param>
    /// <exception cref="NoForm">They are computed.</exception>
    public ImmutableArray<int> Integers(int index, string what)
    {
        const int Most = int.MaxValue, Least = int.MinValue;
        Tensor tensor = Constant(index) ?? throw new NoForm($"{what} that the network computes");
        return tensor.Type == ElementType.Int64
            ? [.. MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray().Select(value => (int)Math.Clamp(value, Least, Most))]
            : [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes)];
    }

    /// <summary>Keeps a module, whose parameters are the layer's.</summary>
    /// <param name="constructor">The expression that makes it.</param>
    /// <param name="suffix">What goes behind the node's name.</param>
    /// <returns>The expression of the module.</returns>
    public string Module(string constructor, string suffix = "") =>
        module.AddModule(node, constructor, suffix, suffix.Length > 0 ? [] : Layer.Parameters);

    /// <summary>Has a function beside the class.</summary>
    /// <returns>Its name.</returns>
    public string Helper(string name) => module.AddHelper(name);

    /// <summary>A value that is read more than once, under a name.</summary>
    public string Named(string expression) => module.AddLine(expression);

    /// <summary>The layer's attribute of that name, or null.</summary>
    public object? Attribute(string name) => Layer.Attributes.FirstOrDefault(attribute => attribute.Name == name).Value;

    /// <summary>A list among the layer's attributes; default if it has none.</summary>
    public ImmutableArray<int> List(string name) => Attribute(name) is ImmutableArray<int> list ? list : default;

    /// <summary>A tensor of one element as a number.</summary>
    public static string Literal(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float32 => Python.Number(tensor.Floats[0]),
        ElementType.Int64 => MemoryMarshal.Read<long>(tensor.Bytes).ToString(CultureInfo.InvariantCulture),
        ElementType.Int32 => MemoryMarshal.Read<int>(tensor.Bytes).ToString(CultureInfo.InvariantCulture),
        ElementType.Int16 => MemoryMarshal.Read<short>(tensor.Bytes).ToString(CultureInfo.InvariantCulture),
        ElementType.Int8 => ((sbyte)tensor.Bytes[0]).ToString(CultureInfo.InvariantCulture),
        ElementType.UInt8 => tensor.Bytes[0].ToString(CultureInfo.InvariantCulture),
        ElementType.Bool => Python.Bool(tensor.Bytes[0] != 0),
        _ => throw new NoForm($"constants of the type {tensor.Type}"),
    };
}
