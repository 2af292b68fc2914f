using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>The integers and double precision numbers of a file of tensors, which may claim anything.</summary>
/// <param name="path">The file, for errors.</param>
/// <param name="tensors">What it holds.</param>
internal sealed class NumberTensors(string path, StateDict tensors)
{
    /// <summary>A vector of integers.</summary>
    public static Tensor Of(params ReadOnlySpan<long> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(long)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        }

        return Tensor.FromBytes(ElementType.Int64, new Shape(values.Length), bytes);
    }

    /// <summary>Numbers of double precision.</summary>
    public static Tensor Of(Shape shape, ReadOnlySpan<double> values) =>
        Tensor.FromBytes(ElementType.Float64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The length of a vector of any type.</summary>
    /// <exception cref="FileFormatException">It is missing or no vector.</exception>
    public int Length(string name) => tensors.TryGet(name, out Tensor? tensor) && tensor.Shape.Rank == 1
        ? tensor.Shape[0]
        : throw Error(name, "is missing or no vector");

    /// <summary>A vector of integers.</summary>
    /// <exception cref="FileFormatException">It is missing, or of another length or type.</exception>
    public long[] Integers(string name, int count)
    {
        ReadOnlySpan<byte> bytes = Find(name, ElementType.Int64, new Shape(count)).Bytes;
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * sizeof(long))..]);
        }

        return values;
    }

    /// <summary>Finite numbers of double precision.</summary>
    /// <exception cref="FileFormatException">They are missing, of another shape or type, or not finite.</exception>
    public double[] Finite(string name, Shape shape) => Numbers(name, shape, "finite numbers", double.IsFinite);

    /// <summary>Numbers of double precision, of which some may be infinite.</summary>
    /// <exception cref="FileFormatException">They are missing, of another shape or type, or one is NaN.</exception>
    public double[] Doubles(string name, Shape shape) => Numbers(name, shape, "numbers", value => !double.IsNaN(value));

    /// <summary>A tensor of a type and shape.</summary>
    /// <exception cref="FileFormatException">It is missing, or of another shape or type.</exception>
    public Tensor Find(string name, ElementType type, Shape shape) =>
        tensors.TryGet(name, out Tensor? tensor) && tensor.Type == type && tensor.Shape == shape
            ? tensor
            : throw Error(name, $"{(tensor is null ? "missing" : $"{tensor.Type} {tensor.Shape}")}; {type} {shape} was expected");

    /// <summary>What to throw about a tensor.</summary>
    public FileFormatException Error(string name, string problem) => new(path, $"tensor '{name}'", problem);

    private double[] Numbers(string name, Shape shape, string expected, Predicate<double> isGood)
    {
        double[] values = MemoryMarshal.Cast<byte, double>(Find(name, ElementType.Float64, shape).Bytes).ToArray();
        int bad = Array.FindIndex(values, value => !isGood(value));
        return bad < 0 ? values : throw Error(name, $"element {bad} is {values[bad]}; {expected} were expected");
    }
}
