using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DwEngine.Kernels;
using DwEngine.Kernels.Integers;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The checks that several layers share.</summary>
internal static class LayerChecks
{
    /// <summary>Throws unless the shape is N x C x H x W without an empty dimension.</summary>
    public static void RequireImage(Shape shape)
    {
        if (shape.Rank != 4 || shape.ElementCount == 0)
        {
            throw new ShapeException($"expected an N x C x H x W input with no empty dimension, found {shape}.");
        }
    }

    /// <summary>Throws unless the shape has at least <paramref name="rank"/> dimensions, none of them empty.</summary>
    public static void RequireRank(Shape shape, int rank)
    {
        if (shape.Rank < rank || shape.ElementCount == 0)
        {
            throw new ShapeException($"expected an input of at least {Words.Count(rank, "dimension")}, none of them empty, found {shape}.");
        }
    }

    /// <summary>Throws if a dimension is 0.</summary>
    public static void RequireNotEmpty(Shape shape)
    {
        if (shape.ElementCount == 0)
        {
            throw new ShapeException($"expected an input with no empty dimension, found {shape}.");
        }
    }

    /// <summary>The shape of so many dimensions; throws if there are too many.</summary>
    public static Shape RequireShape(int[] dimensions) => dimensions.Length <= Shape.MaxRank
        ? new Shape(dimensions)
        : throw new ShapeException($"{Words.Count(dimensions.Length, "dimension")} are more than {Shape.MaxRank}.");

    /// <summary>An axis counted from the first; a negative one counts from the end.</summary>
    public static int RequireAxis(Shape shape, int axis) => axis >= -shape.Rank && axis < shape.Rank
        ? axis < 0 ? axis + shape.Rank : axis
        : throw new ShapeException($"axis {axis} is not one of input {shape}.");

    /// <summary>The numbers of a constant; those beyond 32 bits are moved to the limits, which mean the end of an axis.</summary>
    /// <param name="fact">A vector, or a scalar as a vector of one, of Int64 or Int32.</param>
    /// <param name="name">What the numbers are, for the error.</param>
    /// <param name="anyRank">Whether there may be several dimensions.</param>
    public static ImmutableArray<int> RequireIntegers(Fact fact, string name, bool anyRank = false)
    {
        if (fact.Constant is null || (fact.Shape.Rank > 1 && !anyRank))
        {
            throw new ShapeException(
                $"expected {name} as a constant {(anyRank ? "tensor" : "vector")}, found "
                    + $"{fact}{(fact.Constant is null ? " that is computed in each run" : "")}.");
        }

        return fact.Type switch
        {
            ElementType.Int64 =>
                [.. MemoryMarshal.Cast<byte,
                    long>(fact.Constant.Bytes).ToArray().Select(value => (int)Math.Clamp(value, int.MinValue, int.MaxValue))],
            ElementType.Int32 => [.. MemoryMarshal.Cast<byte, int>(fact.Constant.Bytes)],
            _ => throw new ShapeException($"expected {name} as Int64 or Int32, found {fact.Typed}."),
        };
    }

    /// <summary>What is known of tensors.</summary>
    public static Fact[] FactsOf(ReadOnlySpan<Tensor> tensors)
    {
        var facts = new Fact[tensors.Length];
        for (int i = 0; i < facts.Length; i++)
        {
            facts[i] = Fact.Of(tensors[i]);
        }

        return facts;
    }

    /// <summary>The bytes of a number as an element, the lowest first.</summary>
    /// <exception cref="ShapeException">Elements of this type cannot be that number.</exception>
    public static ulong BytesOf(ElementType type, double value)
    {
        ulong bits = type switch
        {
            ElementType.Float32 => BitConverter.SingleToUInt32Bits((float)value),
            ElementType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
            ElementType.BFloat16 => BitConverter.SingleToUInt32Bits((float)value) >> 16,
            ElementType.Float64 => BitConverter.DoubleToUInt64Bits(value),
            _ => double.IsInteger(value) && Math.Abs(value) < 1L << 53 ? (ulong)(long)value : throw Misfit(type, value),
        };
        (double low, double high) = type switch
        {
            ElementType.UInt8 => (byte.MinValue, byte.MaxValue),
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            ElementType.Int32 => (int.MinValue, int.MaxValue),
            ElementType.Bool => (0, 1),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };
        return value < low || value > high ? throw Misfit(type, value) : type.Size() == 8 ? bits : bits & ((1UL << (8 * type.Size())) - 1);
    }

    /// <summary>Throws unless axis 1 of the shape has that many channels.</summary>
    public static void RequireChannels(Shape shape, int channels)
    {
        if (shape[1] != channels)
        {
            throw new ShapeException($"expected {Words.Count(channels, "channel")}, found {shape[1]} (input {shape}).");
        }
    }

    /// <summary>Throws unless the value is Float32 or of whole numbers.</summary>
    public static void RequireNumbers(Fact fact)
    {
        if (fact.Type != ElementType.Float32 && !fact.Type.IsInteger())
        {
            throw new ShapeException($"expected a Float32 or integer input, found {fact}.");
        }
    }

    /// <summary>Throws unless the value is Float32.</summary>
    public static void RequireFloat32(Fact fact)
    {
        if (fact.Type != ElementType.Float32)
        {
            throw new ShapeException($"expected a Float32 input, found {fact.Typed}.");
        }
    }

    /// <summary>Throws unless the tensor is Float32, has the given number of dimensions and is not empty.</summary>
    public static void RequireParameter(string name, Tensor tensor, int rank)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        RequireFloat32(name, tensor);
        if (tensor.Shape.Rank != rank || tensor.Shape.ElementCount == 0)
        {
            throw new ShapeException($"expected {name} of {Words.Count(rank, "dimension")}, none of them empty, found {tensor.Shape}.");
        }
    }

    /// <summary>Throws unless the tensor is a Float32 vector of that length.</summary>
    public static void RequireVector(string name, Tensor tensor, int length)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        RequireFloat32(name, tensor);
        if (tensor.Shape != new Shape(length))
        {
            throw new ShapeException($"expected {name} of shape {length}, found {tensor.Shape}.");
        }
    }

    /// <summary>The shape that a window makes of an N x C x H x W input.</summary>
    public static Shape Slide(Window window, Shape input, int outputChannels)
    {
        int height, width;
        try
        {
            height = window.OutputHeight(input[2]);
            width = window.OutputWidth(input[3]);
        }
        catch (OverflowException error)
        {
            throw new ShapeException($"{window} on input {input} makes more output pixels than can be counted in 32 bits.", error);
        }

        return height > 0 && width > 0
            ? new Shape(input[0], outputChannels, height, width)
            : throw new ShapeException($"expected an input that the window fits on, found {input} for {window}.");
    }

    /// <summary>The number of elements behind axis 1.</summary>
    public static int Pixels(Shape shape) => checked((int)(shape.ElementCount / shape[0] / shape[1]));

    private static ShapeException Misfit(ElementType type, double value) => new($"{type} elements cannot be {value}.");

    private static void RequireFloat32(string name, Tensor tensor)
    {
        if (tensor.Type != ElementType.Float32)
        {
            throw new GraphException($"expected {name} as Float32, found {tensor.Type}; Tensor.ToFloat32 converts.");
        }
    }
}
