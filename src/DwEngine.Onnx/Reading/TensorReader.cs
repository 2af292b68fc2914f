using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Onnx.Schema;
using DwEngine.Tensors;
using Google.Protobuf;
using Google.Protobuf.Collections;
using static DwEngine.Onnx.Schema.TensorProto.Types;

namespace DwEngine.Onnx.Reading;

/// <summary>
/// Makes tensors of the engine of those of a file. Floating-point numbers of other widths become Float32, and unsigned integers of 16 bits
/// and more become Int64: the engine computes in these. What a Float32 or an Int64 cannot hold is an error.
/// </summary>
/// <param name="file">The file's path or name.</param>
/// <param name="budget">What the file may take.</param>
/// <param name="external">Where tensors lie that are not in the file itself.</param>
internal sealed class TensorReader(string file, MemoryBudget budget, ExternalFiles external)
{
    /// <summary>The type that a tensor has here, of the number that stands for its type in a file.</summary>
    /// <returns>The type, or null for one that the engine does not have, such as text.</returns>
    public static ElementType? TypeOf(int type) => (DataType)type switch
    {
        DataType.Float or DataType.Float16 or DataType.Bfloat16 or DataType.Double => ElementType.Float32,
        DataType.Uint8 => ElementType.UInt8,
        DataType.Int8 => ElementType.Int8,
        DataType.Int16 => ElementType.Int16,
        DataType.Int32 => ElementType.Int32,
        DataType.Int64 or DataType.Uint16 or DataType.Uint32 or DataType.Uint64 => ElementType.Int64,
        DataType.Bool => ElementType.Bool,
        _ => null,
    };

    /// <summary>How a message names a type.</summary>
    public static string NameOf(int type) => Enum.IsDefined((DataType)type) ? $"{(DataType)type}" : $"number {type}";

    /// <summary>Reads a tensor.</summary>
    /// <param name="proto">The tensor as it is in the file. Its bytes may be taken over.</param>
    /// <param name="location">What the tensor is, for errors.</param>
    /// <exception cref="FileFormatException">It contradicts itself, or the engine has no such type.</exception>
    public Tensor Read(TensorProto proto, string location)
    {
        Shape shape = ShapeOf(proto, location);
        var type = (DataType)proto.DataType;
        if (SizeOf(type) is not { } size)
        {
            throw Error(location, $"elements of the type {NameOf(proto.DataType)} are not supported");
        }

        if (proto.Segment is not null)
        {
            throw Error(location, "tensors in segments are not supported");
        }

        byte[] bytes;
        if (proto.DataLocation == DataLocation.External)
        {
            bytes = external.Read(proto.ExternalData, BytesFor(shape, size, location), location);
        }
        else if (proto.RawData.Length > 0)
        {
            bytes = proto.RawData.Length == BytesFor(shape, size, location)
                ? Take(proto.RawData, location)
                : throw Error(location, $"has {proto.RawData.Length} bytes; shape {shape} of {type} needs {shape.ElementCount * size}");
        }
        else
        {
            bytes = TypedBytes(proto, type, shape, size, location);
        }

        return Convert(type, shape, bytes, location);
    }

    private static int? SizeOf(DataType type) => type switch
    {
        DataType.Double or DataType.Int64 or DataType.Uint64 => 8,
        DataType.Float or DataType.Int32 or DataType.Uint32 => 4,
        DataType.Float16 or DataType.Bfloat16 or DataType.Int16 or DataType.Uint16 => 2,
        DataType.Int8 or DataType.Uint8 or DataType.Bool => 1,
        _ => null,
    };

    private Shape ShapeOf(TensorProto proto, string location)
    {
        if (proto.Dims.FirstOrDefault(size => size is < 0 or > int.MaxValue) is var misfit && misfit != 0)
        {
            throw Error(location, $"a dimension is {misfit}; 0 to {int.MaxValue} was expected");
        }

        try
        {
            return new Shape([.. proto.Dims.Select(size => (int)size)]);
        }
        catch (ShapeException error)
        {
            throw Error(location, error.Message, error);
        }
    }

    private int BytesFor(Shape shape, int size, string location) => shape.ElementCount <= Array.MaxLength / size
        ? (int)shape.ElementCount * size
        : throw Error(location, $"shape {shape} has more elements than one tensor can hold");

    private byte[] Take(ByteString bytes, string location)
    {
        // Parsed bytes have an array of their own, which nobody changes.
        if (MemoryMarshal.TryGetArray(bytes.Memory, out ArraySegment<byte> segment)
            && segment.Offset == 0 && segment.Array!.Length == bytes.Length)
        {
            return segment.Array;
        }

        budget.Take(bytes.Length, location);
        return bytes.ToByteArray();
    }

    // The numbers of the field that holds those of the type. Several types share one field.
    private byte[] TypedBytes(TensorProto proto, DataType type, Shape shape, int size, string location)
    {
        int count = type switch
        {
            DataType.Float => proto.FloatData.Count,
            DataType.Double => proto.DoubleData.Count,
            DataType.Int64 => proto.Int64Data.Count,
            DataType.Uint32 or DataType.Uint64 => proto.Uint64Data.Count,
            _ => proto.Int32Data.Count,
        };
        if (count != shape.ElementCount)
        {
            throw Error(location, $"has {count} elements; shape {shape} needs {shape.ElementCount}");
        }

        budget.Take((long)count * size, location);
        byte[] bytes = new byte[count * size];
        switch (type)
        {
            case DataType.Float:
                Fill<float>(bytes, proto.FloatData);
                break;
            case DataType.Double:
                Fill<double>(bytes, proto.DoubleData);
                break;
            case DataType.Int64:
                Fill<long>(bytes, proto.Int64Data);
                break;
            case DataType.Uint64:
                Fill<ulong>(bytes, proto.Uint64Data);
                break;
            case DataType.Uint32:
                Narrow(proto.Uint64Data, value => (long)value, 0, uint.MaxValue, bytes, size, location);
                break;
            default:
                (int low, int high) = type switch
                {
                    DataType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
                    DataType.Uint8 => (byte.MinValue, byte.MaxValue),
                    DataType.Int16 => (short.MinValue, short.MaxValue),
                    DataType.Bool => (0, 1),
                    DataType.Int32 => (int.MinValue, int.MaxValue),
                    // The bits of floating-point numbers of two bytes, too.
                    _ => (ushort.MinValue, (int)ushort.MaxValue),
                };
                Narrow(proto.Int32Data, value => (long)value, low, high, bytes, size, location);
                break;
        }

        return bytes;
    }

    private static void Fill<T>(byte[] bytes, RepeatedField<T> values) where T : unmanaged
    {
        Span<T> target = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = values[i];
        }
    }

    private void Narrow<T>(RepeatedField<T> values, Func<T, long> widen, long low, long high, byte[] bytes, int size, string location)
    {
        Span<byte> element = stackalloc byte[sizeof(long)];
        for (int i = 0; i < values.Count; i++)
        {
            long value = widen(values[i]);
            if (value < low || value > high)
            {
                throw Error(location, $"element {i} is {value}; {low} to {high} was expected");
            }

            BinaryPrimitives.WriteInt64LittleEndian(element, value);
            element[..size].CopyTo(bytes.AsSpan(i * size));
        }
    }

    private Tensor Convert(DataType type, Shape shape, byte[] bytes, string location)
    {
        switch (type)
        {
            case DataType.Float16:
                return ToFloat32(Tensor.FromBytes(ElementType.Float16, shape, bytes), location);
            case DataType.Bfloat16:
                return ToFloat32(Tensor.FromBytes(ElementType.BFloat16, shape, bytes), location);
            case DataType.Double:
                RequireFloat32Range(MemoryMarshal.Cast<byte, double>(bytes), location);
                return ToFloat32(Tensor.FromBytes(ElementType.Float64, shape, bytes), location);
            case DataType.Uint16:
                return ToInt64<ushort>(shape, bytes, value => value, location);
            case DataType.Uint32:
                return ToInt64<uint>(shape, bytes, value => value, location);
            case DataType.Uint64:
                return ToInt64<ulong>(shape, bytes, value => value, location);
            case DataType.Bool when bytes.AsSpan().ContainsAnyExceptInRange<byte>(0, 1):
                throw Error(location, "an element is neither false nor true");
            default:
                return Tensor.FromBytes(TypeOf((int)type)!.Value, shape, bytes);
        }
    }

    private void RequireFloat32Range(ReadOnlySpan<double> values, string location)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (double.IsFinite(values[i]) && !float.IsFinite((float)values[i]))
            {
                throw Error(location, $"element {i} is {values[i]:R}, which no Float32 can be");
            }
        }
    }

    private Tensor ToFloat32(Tensor tensor, string location)
    {
        budget.Take(tensor.Shape.ElementCount * sizeof(float), location);
        return tensor.ToFloat32();
    }

    private Tensor ToInt64<T>(Shape shape, byte[] bytes, Func<T, ulong> widen, string location) where T : unmanaged
    {
        budget.Take(shape.ElementCount * sizeof(long), location);
        byte[] wide = new byte[shape.ElementCount * sizeof(long)];
        Span<long> target = MemoryMarshal.Cast<byte, long>(wide.AsSpan());
        ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < target.Length; i++)
        {
            ulong value = widen(source[i]);
            target[i] = value <= long.MaxValue
                ? (long)value
                : throw Error(location, $"element {i} is {value}, which no Int64 can be");
        }

        return Tensor.FromBytes(ElementType.Int64, shape, wide);
    }

    private FileFormatException Error(string location, string problem, Exception? inner = null) => new(file, location, problem, inner);
}
