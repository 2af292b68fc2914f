using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Values that never change.</summary>
internal static class Constants
{
    // A constant is held as a whole.
    private const int MostBytes = 1 << 26;

    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Constant", 1, Constant),
        Of("ConstantOfShape", 9, ConstantOfShape),
        Of("Range", 11, node => node.Charged(node.Apply(
            new Graphs.Layers.Range(), node.Planned(0, "start"), node.Planned(1, "limit"), node.Planned(2, "step")))),
    ];

    private static Operand ConstantOfShape(NodeContext node)
    {
        Tensor value = node.Attributes.Tensor("value") is { } tensor ? node.Read(tensor) : Tensor.FromFloats(new Shape(1), [0]);
        Operand dimensions = node.Planned(0, "dimensions");
        double bytes = node.Sizes(dimensions).Aggregate((double)value.Type.Size(), (product, size) => product * size);
        return bytes <= MostBytes
            ? node.Charged(node.Apply(new ConstantOfShape(value), dimensions))
            : throw node.Error($"makes a constant of {bytes:G6} bytes; at most {MostBytes} were expected");
    }

    private static Operand Constant(NodeContext node)
    {
        if (node.Attributes.Tensor("value") is { } tensor)
        {
            return node.Known(node.Read(tensor));
        }

        if (node.Opset >= 12)
        {
            if (node.Attributes.Has("value_float"))
            {
                return node.Known((float)node.Attributes.Float("value_float", 0));
            }

            if (node.Attributes.Floats("value_floats") is { } floats)
            {
                return node.Known(Tensor.FromFloats(new Shape(floats.Count), [.. floats]));
            }

            if (node.Attributes.Has("value_int"))
            {
                long value = node.Attributes.Long("value_int", 0);
                return node.Known(Tensor.FromBytes(ElementType.Int64, new Shape(), BitConverter.GetBytes(value)));
            }

            if (node.Attributes.Longs("value_ints") is { } integers)
            {
                return node.Known([.. integers]);
            }
        }

        throw node.Attributes.Unread.Any()
            ? new NotSupported($"a constant given as {string.Join(", ", node.Attributes.Unread)}")
            : node.Error("has no value");
    }
}
