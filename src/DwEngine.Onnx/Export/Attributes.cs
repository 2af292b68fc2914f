using DwEngine.Onnx.Schema;
using Google.Protobuf;
using static DwEngine.Onnx.Schema.AttributeProto.Types;

namespace DwEngine.Onnx.Export;

/// <summary>Makes attributes of ONNX nodes.</summary>
internal static class Attributes
{
    public static AttributeProto Of(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Of(string name, bool value) => Of(name, value ? 1L : 0L);

    public static AttributeProto Of(string name, double value) => new() { Name = name, Type = AttributeType.Float, F = (float)value };

    public static AttributeProto Of(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };

    public static AttributeProto Of(string name, IEnumerable<int> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values.Select(value => (long)value));
        return attribute;
    }

    public static AttributeProto Of(string name, TensorProto value) => new() { Name = name, Type = AttributeType.Tensor, T = value };
}
