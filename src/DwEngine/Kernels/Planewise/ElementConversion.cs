using System.Runtime.CompilerServices;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Planewise;

/// <summary>
/// Elements of one type as elements of another. Floating-point numbers are rounded to the nearest, the even one of two; to integers they
/// are rounded towards zero, those beyond the limits become the limits and NaN becomes 0. Integers keep their lowest bits. To Bool, all but
/// 0 is 1, NaN too.
/// </summary>
internal static unsafe class ElementConversion
{
    // Elements that are converted together, by way of the widest type of their kind.
    private const int Block = 128;

    /// <summary>Converts elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(ElementType from, byte* source, ElementType to, byte* target, int count)
    {
        double* numbers = stackalloc double[Block];
        long* integers = (long*)numbers;
        nint sourceSize = from.Size(), targetSize = to.Size();
        for (int start = 0; start < count; start += Block)
        {
            int length = Math.Min(Block, count - start);
            byte* read = source + (start * sourceSize), write = target + (start * targetSize);
            if (from.IsFloatingPoint())
            {
                ReadNumbers(from, read, numbers, length);
                WriteNumbers(to, numbers, write, length);
            }
            else
            {
                ReadIntegers(from, read, integers, length);
                WriteIntegers(to, integers, write, length);
            }
        }
    }

    /// <summary>Reads elements of an integer type or Bool.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void ReadIntegers(ElementType type, byte* source, long* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = type switch
            {
                ElementType.Int64 => ((long*)source)[i],
                ElementType.Int32 => ((int*)source)[i],
                ElementType.Int16 => ((short*)source)[i],
                ElementType.Int8 => ((sbyte*)source)[i],
                ElementType.Bool => source[i] == 0 ? 0 : 1,
                _ => source[i],
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ReadNumbers(ElementType type, byte* source, double* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = type switch
            {
                ElementType.Float64 => ((double*)source)[i],
                ElementType.Float32 => ((float*)source)[i],
                ElementType.Float16 => (double)((Half*)source)[i],
                _ => BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16),
            };
        }
    }

    /// <summary>Writes elements of any type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void WriteIntegers(ElementType type, long* source, byte* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long value = source[i];
            switch (type)
            {
                case ElementType.Int64: ((long*)target)[i] = value; break;
                case ElementType.Int32: ((int*)target)[i] = unchecked((int)value); break;
                case ElementType.Int16: ((short*)target)[i] = unchecked((short)value); break;
                case ElementType.Int8: ((sbyte*)target)[i] = unchecked((sbyte)value); break;
                case ElementType.UInt8: target[i] = unchecked((byte)value); break;
                case ElementType.Bool: target[i] = value != 0 ? (byte)1 : (byte)0; break;
                case ElementType.Float64: ((double*)target)[i] = value; break;
                case ElementType.Float32: ((float*)target)[i] = value; break;
                case ElementType.Float16: ((Half*)target)[i] = (Half)(float)value; break;
                default: ((ushort*)target)[i] = BFloat16((float)value); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void WriteNumbers(ElementType type, double* source, byte* target, int count)
    {
        for (int i = 0; i < count; i++)
        {
            double value = source[i];
            switch (type)
            {
                case ElementType.Float64: ((double*)target)[i] = value; break;
                case ElementType.Float32: ((float*)target)[i] = (float)value; break;
                case ElementType.Float16: ((Half*)target)[i] = (Half)value; break;
                case ElementType.BFloat16: ((ushort*)target)[i] = BFloat16((float)value); break;
                case ElementType.Bool: target[i] = value != 0 ? (byte)1 : (byte)0; break;
                case ElementType.Int64: ((long*)target)[i] = long.CreateSaturating(value); break;
                case ElementType.Int32: ((int*)target)[i] = int.CreateSaturating(value); break;
                case ElementType.Int16: ((short*)target)[i] = short.CreateSaturating(value); break;
                case ElementType.Int8: ((sbyte*)target)[i] = sbyte.CreateSaturating(value); break;
                default: target[i] = byte.CreateSaturating(value); break;
            }
        }
    }

    // The upper half of a binary32, rounded to the nearest, the even one of two; a NaN stays one.
    private static ushort BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
