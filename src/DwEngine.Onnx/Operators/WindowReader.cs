using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Onnx.Nodes;

namespace DwEngine.Onnx.Operators;

/// <summary>The attributes by which a window moves over a signal, N x C x W, or an image, N x C x H x W.</summary>
internal static class WindowReader
{
    /// <summary>Reads the attributes. The window over a signal has one row.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The signal or image.</param>
    /// <param name="kernel">The kernel's length along each axis.</param>
    /// <param name="roundsUp">Whether a last position counts that lies partly beyond the padding.</param>
    public static Window Read(NodeContext node, Operand x, ImmutableArray<int> kernel, bool roundsUp = false)
    {
        int axes = RequireAxes(x);
        if (kernel.Length != axes)
        {
            throw node.Error(
                $"has a kernel of shape [{Quoting.Few(kernel)}]; {axes} numbers were expected for an input of shape {x.Fact.Shape}");
        }

        ImmutableArray<int> strides = Numbers(node, "strides", axes, 1), dilations = Numbers(node, "dilations", axes, 1);
        ImmutableArray<int> pads = Numbers(node, "pads", 2 * axes, 0);
        if (kernel.Any(size => size < 1) || strides.Any(size => size < 1) || dilations.Any(size => size < 1) || pads.Any(size => size < 0))
        {
            throw node.Error(
                "expected kernel_shape, strides and dilations of at least 1 and pads of at least 0, found "
                + $"[{Quoting.Few(kernel)}], [{Quoting.Few(strides)}], [{Quoting.Few(dilations)}] and "
                + $"[{Quoting.Few(pads)}]");
        }

        PaddingMode mode = node.Attributes.Text("auto_pad", "NOTSET") switch
        {
            "NOTSET" when roundsUp => PaddingMode.Ceiling,
            "VALID" when roundsUp => PaddingMode.Ceiling,
            "NOTSET" or "VALID" => PaddingMode.Explicit,
            "SAME_UPPER" => PaddingMode.SameUpper,
            "SAME_LOWER" => PaddingMode.SameLower,
            var other => throw new NotSupported($"auto_pad = '{other}'"),
        };
        if (node.Attributes.Text("auto_pad", "NOTSET") != "NOTSET")
        {
            pads = [.. new int[pads.Length]];
        }

        var window = axes == 2
            ? new Window(
                kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1], pads[2], pads[3], dilations[0], dilations[1], mode)
            : new Window(1, kernel[0], 1, strides[0], 0, pads[0], 0, pads[1], 1, dilations[0], mode);
        return IsFixed(window, mode) ? window.For(window.KernelHeight, window.KernelWidth) : window;
    }

    /// <summary>An attribute of as many numbers as are expected.</summary>
    public static ImmutableArray<int> Numbers(NodeContext node, string name, int count, int otherwise)
    {
        ImmutableArray<int> values = node.Attributes.Ints(name);
        return values.IsDefault ? [.. Enumerable.Repeat(otherwise, count)]
            : values.Length == count ? values
            : throw node.Error($"the attribute '{name}' is [{Quoting.Few(values)}]; {count} numbers were expected");
    }

    /// <summary>Requires a signal or an image, and tells over how many axes it extends.</summary>
    public static int RequireAxes(Operand x) => x.Rank is 3 or 4
        ? x.Rank - 2
        : throw new NotSupported($"a window over {Math.Max(x.Rank - 2, 0)} axes (1 and 2 are supported)") { IsOfOperands = true };

    /// <summary>
    /// Appends layers for images; a signal becomes an image of one row, and what comes of it a signal again, which moves nothing.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The signal or image.</param>
    /// <param name="append">Appends the layers.</param>
    public static Operand OverImage(NodeContext node, Operand x, Func<Operand, Operand> append) => x.Rank == 4
        ? append(x)
        : node.Apply(new Squeeze(2), append(node.Apply(new Unsqueeze(2), x)));

    // At stride 1 the padding does not depend on the size, so that passes see what it is.
    private static bool IsFixed(Window window, PaddingMode mode) =>
        mode is PaddingMode.SameUpper or PaddingMode.SameLower && window is { StrideY: 1, StrideX: 1 };
}
