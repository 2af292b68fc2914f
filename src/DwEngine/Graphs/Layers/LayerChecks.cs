using DwEngine.Kernels;
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
            throw new ShapeException($"expected an input of at least {rank} dimensions, none of them empty, found {shape}.");
        }
    }

    /// <summary>Throws unless axis 1 of the shape has that many channels.</summary>
    public static void RequireChannels(Shape shape, int channels)
    {
        if (shape[1] != channels)
        {
            throw new ShapeException($"expected {channels} channels, found {shape[1]} (input {shape}).");
        }
    }

    /// <summary>Throws unless the value is Float32.</summary>
    public static void RequireFloat32(Fact fact)
    {
        if (fact.Type != ElementType.Float32)
        {
            throw new ShapeException($"expected a Float32 input, found {fact}.");
        }
    }

    /// <summary>Throws unless the tensor is Float32, has the given number of dimensions and is not empty.</summary>
    public static void RequireParameter(string name, Tensor tensor, int rank)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        RequireFloat32(name, tensor);
        if (tensor.Shape.Rank != rank || tensor.Shape.ElementCount == 0)
        {
            throw new ShapeException($"expected {name} of {rank} dimensions, none of them empty, found {tensor.Shape}.");
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
        catch (OverflowException)
        {
            throw new ShapeException($"{window} on input {input} makes more output pixels than can be counted in 32 bits.");
        }

        return height > 0 && width > 0
            ? new Shape(input[0], outputChannels, height, width)
            : throw new ShapeException($"expected an input that the window fits on, found {input} for {window}.");
    }

    /// <summary>The number of elements behind axis 1.</summary>
    public static int Pixels(Shape shape) => checked((int)(shape.ElementCount / shape[0] / shape[1]));

    private static void RequireFloat32(string name, Tensor tensor)
    {
        if (tensor.Type != ElementType.Float32)
        {
            throw new GraphException($"expected {name} as Float32, found {tensor.Type}; Tensor.ToFloat32 converts.");
        }
    }
}
