using System.Runtime.InteropServices;
using DwEngine.Graphs;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using Google.Protobuf;
using static DwEngine.Onnx.Schema.AttributeProto.Types;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Tests;

/// <summary>An ONNX model that a test makes.</summary>
/// <param name="opset">The version of ONNX's operators.</param>
internal sealed class OnnxModel(long opset = 17)
{
    /// <summary>The messages, which a test may change.</summary>
    public ModelProto Proto { get; } = new()
    {
        IrVersion = 8,
        ProducerName = "test",
        Graph = new GraphProto { Name = "g" },
        OpsetImport = { new OperatorSetIdProto { Version = opset } },
    };

    public GraphProto Graph => Proto.Graph;

    public byte[] Bytes => Proto.ToByteArray();

    public OnnxModel Input(string name, params object[] dimensions) => Input(name, DataType.Float, dimensions);

    public OnnxModel Input(string name, DataType type, params object[] dimensions)
    {
        Graph.Input.Add(Value(name, type, dimensions));
        return this;
    }

    public OnnxModel Output(params string[] names)
    {
        Graph.Output.AddRange(names.Select(name => Value(name, DataType.Float)));
        return this;
    }

    public OnnxModel Constant(string name, Shape shape, params float[] values) => Constant(Floats(name, shape, values));

    public OnnxModel Constant(string name, params long[] values) => Constant(Longs(name, values));

    public OnnxModel Constant(TensorProto tensor)
    {
        Graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>
    /// Adds a node: its operator, its inputs and outputs apart by blanks (- for one that is left out), and its attributes.
    /// </summary>
    public OnnxModel Node(string type, string inputs, string outputs, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = $"{type}_{Graph.Node.Count}", Attribute = { attributes } };
        node.Input.AddRange(Names(inputs));
        node.Output.AddRange(Names(outputs));
        Graph.Node.Add(node);
        return this;
    }

    public OnnxNetwork Load(OnnxOptions? options = null) => OnnxFile.Load(new MemoryStream(Bytes), "test.onnx", options);

    /// <summary>Computes the outputs layer by layer, with the naive references.</summary>
    public Tensor[] Run(params (string Name, Tensor Value)[] inputs)
    {
        Graph graph = Load().Graph;
        IReadOnlyDictionary<string, Tensor> outputs = ReferenceExecutor.Run(
            graph, inputs.ToDictionary(input => input.Name, input => input.Value));
        return [.. graph.Outputs.Select(output => outputs[output.Name])];
    }

    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Float(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    public static AttributeProto Text(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Ints(string name, params long[] values) =>
        new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    public static AttributeProto Of(string name, TensorProto value) => new() { Name = name, Type = AttributeType.Tensor, T = value };

    public static TensorProto Floats(string name, Shape shape, params float[] values) => Raw<float>(name, DataType.Float, shape, values);

    public static TensorProto Longs(string name, params long[] values) => Raw<long>(name, DataType.Int64, new Shape(values.Length), values);

    public static TensorProto Raw<T>(string name, DataType type, Shape shape, params ReadOnlySpan<T> values) where T : unmanaged => new()
    {
        Name = name,
        DataType = (int)type,
        Dims = { shape.Dimensions.ToArray().Select(size => (long)size) },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)),
    };

    private static IEnumerable<string> Names(string names) =>
        names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name == "-" ? "" : name);

    private static ValueInfoProto Value(string name, DataType type, params object[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(dimensions.Select(dimension => dimension is string symbol
            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(dimension, null) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }
}
