using System.Buffers.Binary;
using Google.Protobuf;

namespace DwEngine.Compare;

/// <summary>
/// Sets the batch of an ONNX model that was exported for a fixed one: in the shapes of input and output, and in the constants that give
/// reshaped tensors their shapes. Whether the model means the same afterwards is for the caller to test.
/// </summary>
/// <remarks>Field numbers are those of onnx.proto3, named here after its fields.</remarks>
internal static class OnnxBatch
{
    private const int ModelGraph = 7;
    private const int GraphNode = 1, GraphInitializer = 5, GraphInput = 11, GraphOutput = 12, GraphValueInfo = 13;
    private const int NodeInput = 1, NodeOutput = 2, NodeOpType = 4, NodeAttribute = 5;
    private const int AttributeTensor = 5;
    private const int TensorDataType = 2, TensorInt64Data = 7, TensorName = 8, TensorRawData = 9;
    private const int ValueName = 1, ValueType = 2, TypeTensor = 1, TensorTypeShape = 2, ShapeDimension = 1, DimensionValue = 1;
    private const ulong Int64 = 7;

    /// <summary>The model with another batch; unchanged where it leaves the batch open.</summary>
    /// <exception cref="CompareException">The bytes are no ONNX model, or one whose batch cannot be set.</exception>
    public static byte[] Set(byte[] onnx, int batch)
    {
        var model = new WireMessage(UnsafeByteOperations.UnsafeWrap(onnx));
        model.Edit(ModelGraph, graph => EditGraph(graph, batch));
        return model.ToByteString().ToByteArray();
    }

    private static WireMessage EditGraph(WireMessage graph, int batch)
    {
        List<WireMessage> nodes = [.. graph.All(GraphNode).Select(node => new WireMessage(node))];
        HashSet<string> initializers = [.. graph.All(GraphInitializer).Select(tensor => new WireMessage(tensor).Text(TensorName))];
        // Older exporters list the weights among the inputs.
        ulong? old = graph.All(GraphInput).Select(input => new WireMessage(input))
            .Where(input => !initializers.Contains(input.Text(ValueName)))
            .Select(BatchOf).FirstOrDefault();
        if (old is null)
        {
            return graph;
        }

        HashSet<string> shapes = ShapesOfReshapes(nodes);
        graph.Edit(GraphInput, input => initializers.Contains(input.Text(ValueName)) ? input : SetBatch(input, old.Value, batch));
        graph.Edit(GraphOutput, output => SetBatch(output, old.Value, batch));
        // What the exporter inferred for the values between holds for the old batch only; ONNX Runtime infers them anew.
        graph.Fields.RemoveAll(field => field.Number == GraphValueInfo);
        graph.Edit(GraphInitializer, tensor => shapes.Contains(tensor.Text(TensorName)) ? SetLeading(tensor, (long)old.Value, batch)
            : tensor);
        graph.Edit(GraphNode, node =>
        {
            if (node.Text(NodeOpType) == "Constant" && shapes.Contains(node.Text(NodeOutput)))
            {
                node.Edit(NodeAttribute, attribute =>
                {
                    attribute.Edit(AttributeTensor, tensor => SetLeading(tensor, (long)old.Value, batch));
                    return attribute;
                });
            }

            return node;
        });
        return graph;
    }

    // Values that are a Reshape's target shape and nothing else.
    private static HashSet<string> ShapesOfReshapes(List<WireMessage> nodes)
    {
        HashSet<string> shapes = [], others = [];
        foreach (WireMessage node in nodes)
        {
            bool reshape = node.Text(NodeOpType) == "Reshape";
            int index = 0;
            foreach (ByteString input in node.All(NodeInput))
            {
                (reshape && index == 1 ? shapes : others).Add(input.ToStringUtf8());
                index++;
            }
        }

        string? shared = shapes.FirstOrDefault(others.Contains);
        return shared is null
            ? shapes
            : throw new CompareException(
                $"The batch of the ONNX model cannot be set: '{shared}' is a Reshape's shape and is used elsewhere too.");
    }

    private static ulong? BatchOf(WireMessage value)
    {
        WireMessage? message = value;
        foreach (int number in (ReadOnlySpan<int>)[ValueType, TypeTensor, TensorTypeShape, ShapeDimension])
        {
            ByteString? bytes = message.All(number).FirstOrDefault();
            if (bytes is null)
            {
                return null;
            }

            message = new WireMessage(bytes);
        }

        return message.Integer(DimensionValue) is > 0 and { } fixedBatch ? fixedBatch : null;
    }

    private static WireMessage SetBatch(WireMessage value, ulong old, int batch)
    {
        value.Edit(ValueType, type => Edited(type, TypeTensor, tensor => Edited(tensor, TensorTypeShape, shape =>
        {
            int first = shape.Fields.FindIndex(field => field.Number == ShapeDimension);
            if (first >= 0 && new WireMessage(shape.Fields[first].Bytes!).Integer(DimensionValue) == old)
            {
                var dimension = new WireMessage();
                dimension.Fields.Add(WireField.Of(DimensionValue, (ulong)batch));
                shape.Fields[first] = WireField.Of(ShapeDimension, dimension);
            }

            return shape;
        })));
        return value;
    }

    private static WireMessage Edited(WireMessage message, int number, Func<WireMessage, WireMessage> edit)
    {
        message.Edit(number, edit);
        return message;
    }

    // A shape of one element cannot hold both a batch and something else.
    private static WireMessage SetLeading(WireMessage tensor, long old, int batch)
    {
        long[] values = tensor.Integer(TensorDataType) == Int64 ? ReadInt64(tensor) : [];
        if (values.Length < 2 || values[0] != old)
        {
            return tensor;
        }

        values[0] = batch;
        byte[] raw = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(i * sizeof(long)), values[i]);
        }

        tensor.Fields.RemoveAll(field => field.Number is TensorInt64Data or TensorRawData);
        tensor.Fields.Add(WireField.Of(TensorRawData, ByteString.CopyFrom(raw)));
        return tensor;
    }

    private static long[] ReadInt64(WireMessage tensor)
    {
        if (tensor.All(TensorRawData).LastOrDefault() is { } raw)
        {
            long[] values = new long[raw.Length / sizeof(long)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BinaryPrimitives.ReadInt64LittleEndian(raw.Span[(i * sizeof(long))..]);
            }

            return values;
        }

        var numbers = new List<long>();
        foreach (WireField field in tensor.Fields.Where(field => field.Number == TensorInt64Data))
        {
            if (field.Bytes is null)
            {
                numbers.Add((long)field.Value);
                continue;
            }

            CodedInputStream packed = field.Bytes.CreateCodedInput();
            while (!packed.IsAtEnd)
            {
                numbers.Add(packed.ReadInt64());
            }
        }

        return [.. numbers];
    }
}
