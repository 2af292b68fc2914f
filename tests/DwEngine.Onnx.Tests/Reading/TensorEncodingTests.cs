using DwEngine.Files;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using Google.Protobuf;
using Xunit;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Tests.Reading;

public class TensorEncodingTests
{
    /// <summary>Each encoding of the numbers 1 and 2, and what becomes of them.</summary>
    public static TheoryData<string, ElementType> Encodings => new()
    {
        { "raw float", ElementType.Float32 }, { "raw half", ElementType.Float32 }, { "raw bfloat", ElementType.Float32 },
        { "raw double", ElementType.Float32 }, { "raw int64", ElementType.Int64 }, { "raw int32", ElementType.Int32 },
        { "raw int8", ElementType.Int8 }, { "raw uint8", ElementType.UInt8 }, { "raw uint16", ElementType.Int64 },
        { "raw uint32", ElementType.Int64 }, { "raw uint64", ElementType.Int64 }, { "raw int16", ElementType.Int16 },
        { "float", ElementType.Float32 }, { "half", ElementType.Float32 }, { "bfloat", ElementType.Float32 },
        { "double", ElementType.Float32 }, { "int64", ElementType.Int64 }, { "int32", ElementType.Int32 }, { "int16", ElementType.Int16 },
        { "int8", ElementType.Int8 }, { "uint8", ElementType.UInt8 }, { "uint16", ElementType.Int64 }, { "uint32", ElementType.Int64 },
        { "uint64", ElementType.Int64 },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Initialisers_of_every_encoding_are_read(string encoding, ElementType expected)
    {
        Tensor tensor = Read(Encode(encoding));
        Assert.Equal(expected, tensor.Type);
        Assert.Equal(new Shape(2), tensor.Shape);
        double[] values = expected switch
        {
            ElementType.Float32 => [.. tensor.Floats.ToArray().Select(value => (double)value)],
            ElementType.Int64 => [BitConverter.ToInt64(tensor.Bytes), BitConverter.ToInt64(tensor.Bytes[8..])],
            ElementType.Int32 => [BitConverter.ToInt32(tensor.Bytes), BitConverter.ToInt32(tensor.Bytes[4..])],
            ElementType.Int16 => [BitConverter.ToInt16(tensor.Bytes), BitConverter.ToInt16(tensor.Bytes[2..])],
            _ => [tensor.Bytes[0], tensor.Bytes[1]],
        };
        Assert.Equal([1, 2], values);
    }

    [Fact]
    public void Booleans_are_read()
    {
        Assert.Equal([1, 0], Read(new TensorProto { DataType = (int)DataType.Bool, Dims = { 2 }, Int32Data = { 1, 0 } }).Bytes.ToArray());
        Assert.Equal([0, 1], Read(OnnxModel.Raw<byte>("w", DataType.Bool, new Shape(2), 0, 1)).Bytes.ToArray());
    }

    [Fact]
    public void A_tensor_without_elements_and_a_scalar_are_read()
    {
        Assert.Equal(new Shape(0), Read(new TensorProto { DataType = (int)DataType.Float, Dims = { 0 } }).Shape);
        Assert.Equal(5, Read(new TensorProto { DataType = (int)DataType.Float, FloatData = { 5 } }).Floats[0]);
    }

    public static TheoryData<string, string> Misfits => new()
    {
        { "short raw", "has 4 bytes; shape 2 of Float needs 8" },
        { "short floats", "has 1 elements; shape 2 needs 2" },
        { "negative", "a dimension is -1" },
        { "huge", "has 0 elements; shape 1073741824x4 needs 4294967296" },
        { "overflow", "more elements than can be counted" },
        { "rank", "at most 8 dimensions" },
        { "text", "elements of the type String are not supported" },
        { "unknown type", "elements of the type number 99 are not supported" },
        { "byte", "element 0 is 300; 0 to 255 was expected" },
        { "bool", "an element is neither false nor true" },
        { "double", "which no Float32 can be" },
        { "uint64", "which no Int64 can be" },
        { "segment", "segments are not supported" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_tensor_that_contradicts_itself_is_one_error_that_names_it(string kind, string problem)
    {
        TensorProto tensor = kind switch
        {
            "short raw" => OnnxModel.Raw<float>("w", DataType.Float, new Shape(1), 1),
            "short floats" => new TensorProto { DataType = (int)DataType.Float, FloatData = { 1 } },
            "text" => new TensorProto { DataType = (int)DataType.String },
            "unknown type" => new TensorProto { DataType = 99 },
            "byte" => new TensorProto { DataType = (int)DataType.Uint8, Int32Data = { 300, 1 } },
            "bool" => OnnxModel.Raw<byte>("w", DataType.Bool, new Shape(2), 0, 2),
            "double" => new TensorProto { DataType = (int)DataType.Double, DoubleData = { 1e300, 1 } },
            "uint64" => new TensorProto { DataType = (int)DataType.Uint64, Uint64Data = { ulong.MaxValue, 1 } },
            _ => new TensorProto { DataType = (int)DataType.Float },
        };
        tensor.Dims.Clear();
        tensor.Dims.Add(kind switch
        {
            "negative" => [-1],
            "huge" => [1 << 30, 4],
            "overflow" => [int.MaxValue, int.MaxValue, int.MaxValue],
            "rank" => [1, 1, 1, 1, 1, 1, 1, 1, 1],
            _ => [2],
        });
        tensor.Segment = kind == "segment" ? new Segment { End = 1 } : null;
        FileFormatException error = Assert.Throws<FileFormatException>(() => Read(tensor));
        Assert.Equal("test.onnx", error.File);
        Assert.Equal("initialiser 'w'", error.Location);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_nobody_reads_need_not_be_whole()
    {
        var model = new OnnxModel().Input("x", 1).Node("Relu", "x", "y").Output("y");
        model.Constant(new TensorProto { Name = "unused", DataType = (int)DataType.String, Dims = { 7 } });
        Assert.Single(model.Load().Graph.Nodes);
    }

    private static TensorProto Encode(string encoding)
    {
        byte[] halves = [.. BitConverter.GetBytes((Half)1), .. BitConverter.GetBytes((Half)2)];
        byte[] brains = [0x80, 0x3F, 0x00, 0x40];
        return encoding switch
        {
            "raw float" => Of(DataType.Float, BitConverter.GetBytes(1f), BitConverter.GetBytes(2f)),
            "raw half" => Of(DataType.Float16, halves),
            "raw bfloat" => Of(DataType.Bfloat16, brains),
            "raw double" => Of(DataType.Double, BitConverter.GetBytes(1.0), BitConverter.GetBytes(2.0)),
            "raw int64" => Of(DataType.Int64, BitConverter.GetBytes(1L), BitConverter.GetBytes(2L)),
            "raw uint64" => Of(DataType.Uint64, BitConverter.GetBytes(1L), BitConverter.GetBytes(2L)),
            "raw int32" => Of(DataType.Int32, BitConverter.GetBytes(1), BitConverter.GetBytes(2)),
            "raw uint32" => Of(DataType.Uint32, BitConverter.GetBytes(1), BitConverter.GetBytes(2)),
            "raw int16" => Of(DataType.Int16, [1, 0, 2, 0]),
            "raw uint16" => Of(DataType.Uint16, [1, 0, 2, 0]),
            "raw int8" => Of(DataType.Int8, [1, 2]),
            "raw uint8" => Of(DataType.Uint8, [1, 2]),
            "float" => new TensorProto { DataType = (int)DataType.Float, Dims = { 2 }, FloatData = { 1, 2 } },
            "half" => new TensorProto { DataType = (int)DataType.Float16, Dims = { 2 }, Int32Data = { 0x3C00, 0x4000 } },
            "bfloat" => new TensorProto { DataType = (int)DataType.Bfloat16, Dims = { 2 }, Int32Data = { 0x3F80, 0x4000 } },
            "double" => new TensorProto { DataType = (int)DataType.Double, Dims = { 2 }, DoubleData = { 1, 2 } },
            "int64" => new TensorProto { DataType = (int)DataType.Int64, Dims = { 2 }, Int64Data = { 1, 2 } },
            "uint32" => new TensorProto { DataType = (int)DataType.Uint32, Dims = { 2 }, Uint64Data = { 1, 2 } },
            "uint64" => new TensorProto { DataType = (int)DataType.Uint64, Dims = { 2 }, Uint64Data = { 1, 2 } },
            _ => new TensorProto { DataType = (int)Enum.Parse<DataType>(encoding, ignoreCase: true), Dims = { 2 }, Int32Data = { 1, 2 } },
        };
    }

    private static TensorProto Of(DataType type, params byte[][] parts) =>
        new() { DataType = (int)type, Dims = { 2 }, RawData = ByteString.CopyFrom([.. parts.SelectMany(part => part)]) };

    // A constant that is handed out, and taken from the graph.
    private static Tensor Read(TensorProto tensor)
    {
        tensor.Name = "w";
        var model = new OnnxModel().Output("w").Constant(tensor);
        return Assert.IsType<DwEngine.Graphs.Layers.Constant>(Assert.Single(model.Load().Graph.Nodes).Layer).Value;
    }
}
