using System.Buffers.Binary;
using System.Numerics;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Reference;

/// <summary>Conversion of elements, one by one.</summary>
internal static class CastReference
{
    /// <summary>The tensor with elements of another type.</summary>
    public static Tensor Run(Tensor input, ElementType type)
    {
        int from = input.Type.Size(), to = type.Size();
        byte[] output = new byte[checked(input.Shape.ElementCount * to)];
        for (int i = 0; i < input.Shape.ElementCount; i++)
        {
            ReadOnlySpan<byte> source = input.Bytes.Slice(i * from, from);
            Span<byte> target = output.AsSpan(i * to, to);
            switch (input.Type)
            {
                case ElementType.Float32: Write(BinaryPrimitives.ReadSingleLittleEndian(source), type, target); break;
                case ElementType.Float16: Write(BinaryPrimitives.ReadHalfLittleEndian(source), type, target); break;
                case ElementType.Float64: Write(BinaryPrimitives.ReadDoubleLittleEndian(source), type, target); break;
                case ElementType.BFloat16: Write(BitConverter.ToSingle([0, 0, source[0], source[1]]), type, target); break;
                case ElementType.Int64: Write(BinaryPrimitives.ReadInt64LittleEndian(source), type, target); break;
                case ElementType.Int32: Write(BinaryPrimitives.ReadInt32LittleEndian(source), type, target); break;
                case ElementType.Int16: Write(BinaryPrimitives.ReadInt16LittleEndian(source), type, target); break;
                case ElementType.Int8: Write((sbyte)source[0], type, target); break;
                case ElementType.UInt8: Write(source[0], type, target); break;
                default: Write(source[0] == 0 ? 0 : 1, type, target); break;
            }
        }

        return Tensor.FromBytes(type, input.Shape, output);
    }

    private static void Write<T>(T value, ElementType type, Span<byte> target) where T : unmanaged, INumber<T>
    {
        switch (type)
        {
            case ElementType.Float32: BinaryPrimitives.WriteSingleLittleEndian(target, float.CreateTruncating(value)); break;
            case ElementType.Float16: BinaryPrimitives.WriteHalfLittleEndian(target, Half.CreateTruncating(value)); break;
            case ElementType.Float64: BinaryPrimitives.WriteDoubleLittleEndian(target, double.CreateTruncating(value)); break;
            case ElementType.BFloat16:
                BinaryPrimitives.WriteUInt16LittleEndian(target, NearestUpperHalf(float.CreateTruncating(value)));
                break;
            case ElementType.Int64: BinaryPrimitives.WriteInt64LittleEndian(target, Integer<long, T>(value)); break;
            case ElementType.Int32: BinaryPrimitives.WriteInt32LittleEndian(target, Integer<int, T>(value)); break;
            case ElementType.Int16: BinaryPrimitives.WriteInt16LittleEndian(target, Integer<short, T>(value)); break;
            case ElementType.Int8: target[0] = (byte)Integer<sbyte, T>(value); break;
            case ElementType.UInt8: target[0] = Integer<byte, T>(value); break;
            default: target[0] = T.IsZero(value) ? (byte)0 : (byte)1; break;
        }
    }

    private static TInteger Integer<TInteger, T>(T value)
        where TInteger : INumber<TInteger>
        where T : unmanaged, INumber<T> =>
        ElementTypes.IsFloatingPoint(ElementTypes.Of<T>()) ? TInteger.CreateSaturating(value) : TInteger.CreateTruncating(value);

    // Among the two numbers that the upper half can be, the one that is nearer, or even.
    private static ushort NearestUpperHalf(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value), lower = bits & 0xFFFF;
        ushort down = (ushort)(bits >> 16);
        bool isUp = lower > 0x8000 || (lower == 0x8000 && (down & 1) == 1);
        return float.IsNaN(value) ? (ushort)(down | 0x40) : (ushort)(down + (isUp ? 1 : 0));
    }
}
