using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Onnx.Reading;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Numbers as numbers of another type.</summary>
internal static class Casting
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Cast", 6, Cast),
        Of("CastLike", 15, CastLike),
    ];

    /// <summary>Any numbers as Float32.</summary>
    public static Operand ToFloat(NodeContext node, Operand operand) => To(node, operand, ElementType.Float32);

    private static Operand Cast(NodeContext node)
    {
        IgnoreFloat8(node);
        int type = node.Attributes.Int("to");
        return To(node, node.Input(0), TensorReader.TypeOf(type) ?? throw new NotSupported($"to = {TensorReader.NameOf(type)}"));
    }

    private static Operand CastLike(NodeContext node)
    {
        IgnoreFloat8(node);
        return To(node, node.Input(0), node.Input(1).Type);
    }

    private static Operand To(NodeContext node, Operand operand, ElementType type) =>
        operand.Type == type ? operand : node.Apply(new Cast(type), operand);

    // How numbers that no float8 can be are rounded, and float8 is none of the types.
    private static void IgnoreFloat8(NodeContext node)
    {
        node.Attributes.Ignore("saturate");
        node.Attributes.Ignore("round_mode");
    }
}
