using System.Collections.Immutable;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;

namespace DwEngine.Onnx.Operators;

/// <summary>The attributes by which a window moves over an image.</summary>
internal static class WindowReader
{
    /// <summary>Reads the attributes of a convolution or pool over the last two axes of an image.</summary>
    /// <param name="node">The node.</param>
    /// <param name="input">The image's shape.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    public static Window Read(NodeContext node, Shape input, ImmutableArray<int> kernel)
    {
        ImmutableArray<int> strides = Pair(node, "strides", 2, 1), dilations = Pair(node, "dilations", 2, 1);
        ImmutableArray<int> pads = Pair(node, "pads", 4, 0);
        if (kernel.Any(size => size < 1) || strides.Any(size => size < 1) || dilations.Any(size => size < 1) || pads.Any(size => size < 0))
        {
            throw node.Error(
                "expected kernel_shape, strides and dilations of at least 1 and pads of at least 0, found "
                + $"[{string.Join(", ", kernel)}], [{string.Join(", ", strides)}], [{string.Join(", ", dilations)}] and [{string.Join(", ", pads)}]");
        }

        string auto = node.Attributes.Text("auto_pad", "NOTSET");
        (int top, int bottom) = Padding(node, auto, input[2], kernel[0], strides[0], dilations[0], (pads[0], pads[2]));
        (int left, int right) = Padding(node, auto, input[3], kernel[1], strides[1], dilations[1], (pads[1], pads[3]));
        return new Window(
            kernel[0], kernel[1], strides[0], strides[1], top, left, bottom, right, dilations[0], dilations[1]);
    }

    /// <summary>An attribute of as many numbers as there are.</summary>
    public static ImmutableArray<int> Pair(NodeContext node, string name, int count, int otherwise)
    {
        ImmutableArray<int> values = node.Attributes.Ints(name);
        return values.IsDefault ? [.. Enumerable.Repeat(otherwise, count)]
            : values.Length == count ? values
            : throw node.Error($"the attribute '{name}' is [{string.Join(", ", values)}]; {count} numbers were expected");
    }

    private static (int Before, int After) Padding(
        NodeContext node, string auto, int length, int kernel, int stride, int dilation, (int Before, int After) explicitly)
    {
        switch (auto)
        {
            case "NOTSET":
                return explicitly;
            case "VALID":
                return (0, 0);
            case "SAME_UPPER" or "SAME_LOWER":
                long outputs = ((long)length + stride - 1) / stride;
                long total = Math.Max(((outputs - 1) * stride) + ((kernel - 1L) * dilation) + 1 - length, 0);
                if (total > int.MaxValue)
                {
                    throw node.Error("its window is too large");
                }

                int half = (int)(total / 2), rest = (int)total - half;
                return auto == "SAME_UPPER" ? (half, rest) : (rest, half);
            default:
                throw new NotSupported($"auto_pad = '{auto}'");
        }
    }
}
