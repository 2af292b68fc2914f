using System.Numerics;
using System.Runtime.InteropServices;
using DwEngine.Kernels.Integers;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Reference;

/// <summary>Functions of whole numbers without limits, of which an element keeps the lowest bits.</summary>
internal static class IntegerReference
{
    /// <summary>The function of two numbers; 1 and 0 are the answers to a question.</summary>
    public static BigInteger Of(IntegerOperator operation, BigInteger a, BigInteger b) => operation switch
    {
        IntegerOperator.Add => a + b,
        IntegerOperator.Sub => a - b,
        IntegerOperator.Mul => a * b,
        IntegerOperator.Div => b.IsZero ? 0 : BigInteger.Divide(a, b),
        IntegerOperator.Mod => b.IsZero ? 0 : ((a % b) + b) % b,
        IntegerOperator.FMod => b.IsZero ? 0 : a % b,
        IntegerOperator.Pow when b < 0 => a == 1 ? 1 : a == -1 ? b.IsEven ? 1 : -1 : 0,
        // The lowest bits of the power are those of a power modulo what has as many.
        IntegerOperator.Pow => BigInteger.ModPow(a, b, BigInteger.One << 64),
        IntegerOperator.Min => BigInteger.Min(a, b),
        IntegerOperator.Max => BigInteger.Max(a, b),
        IntegerOperator.Equal => a == b ? 1 : 0,
        IntegerOperator.Less => a < b ? 1 : 0,
        IntegerOperator.LessOrEqual => a <= b ? 1 : 0,
        IntegerOperator.Greater => a > b ? 1 : 0,
        IntegerOperator.GreaterOrEqual => a >= b ? 1 : 0,
        IntegerOperator.Abs => BigInteger.Abs(a),
        IntegerOperator.Neg => -a,
        IntegerOperator.Sign => a.Sign,
        _ => BigInteger.Max(a, 0),
    };

    /// <summary>An element as a number.</summary>
    public static BigInteger Read(ElementType type, ReadOnlySpan<byte> bytes, int index) => type switch
    {
        ElementType.Int64 => MemoryMarshal.Cast<byte, long>(bytes)[index],
        ElementType.Int32 => MemoryMarshal.Cast<byte, int>(bytes)[index],
        ElementType.Int16 => MemoryMarshal.Cast<byte, short>(bytes)[index],
        ElementType.Int8 => (sbyte)bytes[index],
        _ => bytes[index],
    };

    /// <summary>Writes the lowest bits of a number as an element.</summary>
    public static void Write(ElementType type, Span<byte> bytes, int index, BigInteger value)
    {
        Span<byte> all = stackalloc byte[sizeof(long)];
        MemoryMarshal.Write(all, ulong.CreateTruncating(value));
        all[..type.Size()].CopyTo(bytes[(index * type.Size())..]);
    }
}
