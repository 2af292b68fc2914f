using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Nodes;

/// <summary>A node that is being imported: its operands and attributes, and the graph that its layers are appended to.</summary>
internal sealed class NodeContext
{
    private readonly GraphScope _scope;
    private readonly ImmutableArray<Operand?> _inputs;
    private readonly ImmutableArray<bool> _usedOutputs;
    private readonly bool[] _isRead;
    private readonly string _location;

    /// <summary>Prepares a node.</summary>
    /// <param name="scope">The graph.</param>
    /// <param name="node">The node as it stands in the file.</param>
    /// <param name="inputs">Its operands; null for those that are left out.</param>
    /// <param name="usedOutputs">Which of its outputs somebody reads.</param>
    public NodeContext(
        GraphScope scope, OrderedNode node, ImmutableArray<Operand?> inputs, ImmutableArray<bool> usedOutputs)
    {
        _scope = scope;
        _inputs = inputs;
        _isRead = new bool[inputs.Length];
        _usedOutputs = usedOutputs;
        _location = node.Location;
        (Name, Opset) = (node.Name, node.Opset);
        Attributes = new NodeAttributes(node.Proto.Attribute, Error);
        if (Opset < 6)
        {
            // What the first framework of ONNX might overwrite.
            Attributes.Ignore("consumed_inputs");
        }
    }

    /// <summary>What the node is called in the graph.</summary>
    public string Name { get; }

    /// <summary>The version of the node's operator set.</summary>
    public long Opset { get; }

    /// <summary>The attributes.</summary>
    public NodeAttributes Attributes { get; }

    /// <summary>The number of operands, with those that are left out but for the last ones.</summary>
    public int InputCount => _inputs.Length;

    /// <summary>The number of outputs that the node names.</summary>
    public int OutputCount => _usedOutputs.Length;

    /// <summary>Whether an operand is given.</summary>
    public bool Has(int index) => TryInput(index) is not null;

    /// <summary>The operands that are given and that nobody has asked for.</summary>
    public IEnumerable<int> UnreadInputs =>
        Enumerable.Range(0, _inputs.Length).Where(index => _inputs[index] is not null && !_isRead[index]);

    /// <summary>An operand, or null if it is left out.</summary>
    public Operand? TryInput(int index)
    {
        if (index >= _inputs.Length)
        {
            return null;
        }

        _isRead[index] = true;
        return _inputs[index];
    }

    /// <summary>Says of an operand that its content changes nothing.</summary>
    public void IgnoreInput(int index) => _ = TryInput(index);

    /// <summary>An operand that must be there.</summary>
    public Operand Input(int index) => TryInput(index) ?? throw Error($"has no input {index}");

    /// <summary>All operands, none of which may be left out.</summary>
    public Operand[] Inputs(int atLeast = 1) => [.. Enumerable.Range(0, Math.Max(atLeast, _inputs.Length)).Select(Input)];

    /// <summary>Whether somebody reads an output.</summary>
    public bool IsOutputUsed(int index) => index < _usedOutputs.Length && _usedOutputs[index];

    /// <summary>Requires that nobody reads the outputs from some index on.</summary>
    public void RequireUnused(int first, string what)
    {
        for (int i = first; i < OutputCount; i++)
        {
            if (IsOutputUsed(i))
            {
                throw new NotSupported($"output {i} ({what}) is read");
            }
        }
    }

    /// <summary>The content of an operand that must be known for good; null if it is left out.</summary>
    /// <param name="index">The operand.</param>
    /// <param name="what">What it is, for errors.</param>
    public Tensor? TryConstant(int index, string what) => TryInput(index) is not { } operand ? null
        : operand.Constant ?? throw new NotSupported($"the {what} are computed, or fed as an input; constants were expected")
        {
            Operand = operand,
            IsOfOperands = true,
        };

    /// <summary>The content of an operand that must be there and known for good.</summary>
    public Tensor Constant(int index, string what)
    {
        _ = Input(index);
        return TryConstant(index, what)!;
    }

    /// <summary>
    /// An operand that layers take only if its content is known when a plan is made: it may follow from constants and shapes.
    /// </summary>
    /// <param name="index">The operand.</param>
    /// <param name="what">What it is, for errors.</param>
    public Operand Planned(int index, string what) => TryPlanned(index, what) ?? Input(index);

    /// <summary>The same of an operand that may be left out: null if it is.</summary>
    public Operand? TryPlanned(int index, string what) => TryInput(index) is not { } operand ? null
        : operand.Fact.Constant is not null ? operand
        : throw new NotSupported($"the {what} are computed in each run, or fed as an input; they must follow from constants and shapes")
        {
            Operand = operand,
            IsOfOperands = true,
        };

    /// <summary>Whole numbers that an operand holds which must be known for good; default if it is left out.</summary>
    public ImmutableArray<int> TryIntegers(int index, string what) => TryConstant(index, what) is { } tensor
        ? IntegersOf(tensor, what)
        : default;

    /// <summary>Whole numbers that are known when a plan is made; none if they are not.</summary>
    public ImmutableArray<int> Sizes(Operand planned) => planned.Fact.Constant is { } known ? IntegersOf(known, "dimensions") : [];

    /// <summary>Whole numbers of an attribute, or, from some version on, of an operand; default if they are left out.</summary>
    public ImmutableArray<int> Integers(string attribute, int index, int operandSince) =>
        Opset < operandSince ? Attributes.Ints(attribute) : TryIntegers(index, attribute);

    /// <summary>The number that an operand holds which must be known for good; null if it is left out.</summary>
    public double? TryNumber(int index, string what)
    {
        Tensor? tensor = TryConstant(index, what);
        return tensor is null ? null
            : tensor.Shape.ElementCount == 1 ? NumberOf(tensor, what)
            : throw Error($"the {what} has the shape {tensor.Shape}; one number was expected");
    }

    /// <summary>Appends a layer. What follows from constants alone is computed instead.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">What it reads.</param>
    public Operand Apply(Layer layer, params ReadOnlySpan<Operand> inputs) => ApplyAll(layer, inputs)[0];

    /// <summary>
    /// Takes from the budget what a value holds that follows from shapes; what follows from constants alone is taken where it is folded.
    /// </summary>
    public Operand Charged(Operand value)
    {
        if (value.Constant is null && value.Fact.Constant is { } held)
        {
            _scope.Take(held.Bytes.Length, _location);
        }

        return value;
    }

    /// <summary>Appends layers as the fluent methods of handles do.</summary>
    /// <param name="append">Appends them.</param>
    /// <param name="inputs">What they read.</param>
    public Operand Compose(Func<ValueHandle[], ValueHandle> append, params ReadOnlySpan<Operand> inputs) =>
        GraphScope.Compose(append, inputs);

    /// <summary>Appends a layer of several outputs. What follows from constants alone is computed instead.</summary>
    public Operand[] ApplyAll(Layer layer, params ReadOnlySpan<Operand> inputs) => _scope.Apply(Name, _location, layer, inputs);

    /// <summary>A value that is known.</summary>
    public Operand Known(Tensor tensor) => _scope.Known(Name, tensor);

    /// <summary>A number as a scalar.</summary>
    public Operand Known(float value) => Known(Tensor.FromFloats(new Shape(), [value]));

    /// <summary>Whole numbers as a vector of Int64.</summary>
    public Operand Known(params ReadOnlySpan<long> values) =>
        Known(Tensor.FromBytes(ElementType.Int64, new Shape(values.Length), MemoryMarshal.AsBytes(values).ToArray()));

    /// <summary>The tensor of an attribute.</summary>
    public Tensor Read(TensorProto tensor) => _scope.Tensors.Read(tensor, _location);

    /// <summary>Makes an error that names the file and the node.</summary>
    public FileFormatException Error(string problem) => _scope.Error(_location, problem);

    /// <summary>Requires the number of dimensions of an operand.</summary>
    public void RequireRank(Operand operand, int rank, string what)
    {
        if (operand.Rank != rank)
        {
            throw Error($"{what} has the shape {operand.Fact.Shape}; {rank} dimensions were expected");
        }
    }

    /// <summary>An axis counted from the first; a negative one counts from the end.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="rank">The number of dimensions.</param>
    public int Axis(int axis, int rank) => axis >= -rank && axis < rank
        ? axis < 0 ? axis + rank : axis
        : throw Error($"axis {axis} is none of {rank} dimensions");

    private ImmutableArray<int> IntegersOf(Tensor tensor, string what) => tensor.Shape.Rank > 1
        ? throw Error($"the {what} have the shape {tensor.Shape}; a vector was expected")
        : tensor.Type switch
        {
            ElementType.Int64 => [.. MemoryMarshal.Cast<byte,
                long>(tensor.Bytes).ToArray().Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))],
            ElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes)],
            _ => throw Error($"the {what} are {tensor.Type}; Int64 was expected"),
        };

    private double NumberOf(Tensor tensor, string what) => tensor.Type switch
    {
        ElementType.Float32 => tensor.Floats[0],
        ElementType.Int64 => MemoryMarshal.Read<long>(tensor.Bytes),
        ElementType.Int32 => MemoryMarshal.Read<int>(tensor.Bytes),
        ElementType.Int16 => MemoryMarshal.Read<short>(tensor.Bytes),
        ElementType.Int8 => (sbyte)tensor.Bytes[0],
        ElementType.UInt8 or ElementType.Bool => tensor.Bytes[0],
        _ => throw Error($"the {what} is {tensor.Type}; a number was expected"),
    };
}
