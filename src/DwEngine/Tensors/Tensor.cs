using System.Runtime.InteropServices;

namespace DwEngine.Tensors;

/// <summary>
/// An immutable tensor in dense row-major order: a shape, an element type and the bytes. It holds weights and test data;
/// activations live in a session's arena and are never tensors.
/// </summary>
public sealed class Tensor
{
    /// <summary>The most elements of a <see cref="ElementType.Float32"/> tensor: its bytes lie in one array.</summary>
    internal static readonly int MostFloats = Array.MaxLength / sizeof(float);

    private readonly byte[] _bytes;

    private Tensor(ElementType type, Shape shape, byte[] bytes)
    {
        Type = type;
        Shape = shape;
        _bytes = bytes;
    }

    /// <summary>The type of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>The dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>The elements' bytes, little-endian.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The elements of a <see cref="ElementType.Float32"/> tensor, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The tensor has another element type.</exception>
    public ReadOnlySpan<float> Floats => Type == ElementType.Float32
        ? MemoryMarshal.Cast<byte, float>(_bytes)
        : throw new InvalidOperationException($"The tensor holds {Type}, not Float32; call ToFloat32 first.");

    /// <summary>Wraps bytes, which must not be changed afterwards.</summary>
    /// <exception cref="ShapeException">The number of bytes is not the shape's number of elements times the element size.</exception>
    public static Tensor FromBytes(ElementType type, Shape shape, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        // Divided, not multiplied: the product of a huge shape could overflow.
        if (bytes.Length % type.Size() != 0 || bytes.Length / type.Size() != shape.ElementCount)
        {
            throw new ShapeException(
                $"A {type} tensor of shape {shape} needs {Words.Count(shape.ElementCount, "element")} of {type.Size()} bytes; "
                + $"found {Words.Count(bytes.Length, "byte")}.");
        }

        return new Tensor(type, shape, bytes);
    }

    /// <summary>Copies floats into a new <see cref="ElementType.Float32"/> tensor.</summary>
    /// <exception cref="ShapeException">
    /// The number of values is not the shape's number of elements, or exceeds <see cref="MostFloats"/>.
    /// </exception>
    public static Tensor FromFloats(Shape shape, ReadOnlySpan<float> values) => values.Length <= MostFloats
        ? FromBytes(ElementType.Float32, shape, MemoryMarshal.AsBytes(values).ToArray())
        : throw new ShapeException($"A tensor holds at most {MostFloats} floats; found {values.Length} for shape {shape}.");

    /// <summary>This tensor if it is <see cref="ElementType.Float32"/> already, else a converted copy.</summary>
    /// <exception cref="InvalidOperationException">The elements are not floating-point numbers.</exception>
    /// <exception cref="ShapeException">There are more than a Float32 tensor can hold.</exception>
    public Tensor ToFloat32()
    {
        if (Type == ElementType.Float32)
        {
            return this;
        }

        if (Shape.ElementCount > MostFloats)
        {
            throw new ShapeException($"A tensor holds at most {MostFloats} floats; {Type} of shape {Shape} would make more.");
        }

        float[] values = new float[Shape.ElementCount];
        switch (Type)
        {
            case ElementType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(_bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)halves[i];
                }

                break;
            case ElementType.BFloat16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(_bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                }

                break;
            case ElementType.Float64:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(_bytes);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)doubles[i];
                }

                break;
            default:
                throw new InvalidOperationException($"A {Type} tensor cannot be converted to Float32.");
        }

        return FromFloats(Shape, values);
    }
}
