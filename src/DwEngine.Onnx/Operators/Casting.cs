using System.Runtime.InteropServices;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Operators;

/// <summary>Numbers as numbers of another type.</summary>
internal static class Casting
{
    /// <summary>Whole numbers as Float32.</summary>
    public static Operand ToFloat(NodeContext node, Operand operand) => operand.Constant is not { } tensor
        ? throw new NotSupported($"{operand.Type} elements that are computed, as Float32")
        : node.Known(Tensor.FromFloats(tensor.Shape, tensor.Type switch
        {
            ElementType.Int64 => [.. MemoryMarshal.Cast<byte, long>(tensor.Bytes).ToArray().Select(value => (float)value)],
            ElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes).ToArray().Select(value => (float)value)],
            _ => throw new NotSupported($"{tensor.Type} elements as Float32"),
        }));
}
