using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Convolutions over one axis or two, and what is their transpose.</summary>
internal static class Convolutions
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Conv", 1, Convolve),
        Of("ConvTranspose", 1, Transposed),
    ];

    private static Operand Convolve(NodeContext node)
    {
        Operand x = node.Input(0);
        int groups = node.Attributes.Int("group", 1);
        (Tensor weights, Window window) = Read(node, x);
        Tensor? bias = node.TryConstant(2, "biases");
        return WindowReader.OverImage(node, x, image => node.Apply(new Convolution(weights, bias, window, groups), image));
    }

    private static Operand Transposed(NodeContext node)
    {
        Operand x = node.Input(0);
        int groups = node.Attributes.Int("group", 1), axes = WindowReader.RequireAxes(x);
        ImmutableArray<int> padding = WindowReader.Numbers(node, "output_padding", axes, 0), size = node.Attributes.Ints("output_shape");
        (Tensor weights, Window window) = Read(node, x);
        if (!size.IsDefault && size.Length != axes)
        {
            // Some writers name images and channels, too.
            size = size.Length == axes + 2 ? size[2..]
                : throw node.Error($"output_shape is [{Quoting.Few(size)}]; {axes} numbers were expected");
        }

        (int Height, int Width)? asked = size.IsDefault ? null : axes == 2 ? (size[0], size[1]) : (1, size[0]);
        (int Y, int X) added = axes == 2 ? (padding[0], padding[1]) : (0, padding[0]);
        Tensor? bias = node.TryConstant(2, "biases");
        return WindowReader.OverImage(
            node, x, image => node.Apply(new ConvTranspose(weights, bias, window, groups, added, asked), image));
    }

    // The weights as those of images.
    private static (Tensor Weights, Window Window) Read(NodeContext node, Operand x)
    {
        int axes = WindowReader.RequireAxes(x);
        ImmutableArray<int> told = node.Attributes.Ints("kernel_shape");
        Tensor weights = node.Constant(1, "weights");
        if (weights.Shape.Rank != axes + 2 || (!told.IsDefault && !told.AsSpan().SequenceEqual(weights.Shape.Dimensions[2..])))
        {
            throw node.Error(
                $"the weights have the shape {weights.Shape}; {axes + 2} dimensions were expected, those from the third on as "
                    + $"kernel_shape tells");
        }

        Window window = WindowReader.Read(node, x, [.. weights.Shape.Dimensions[2..]]);
        Shape shape = weights.Shape;
        return (axes == 2 ? weights : new Reshape(shape[0], shape[1], 1, shape[2]).Reference([weights])[0], window);
    }
}
