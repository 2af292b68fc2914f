using DwEngine.Graphs.Layers;
using DwEngine.Kernels;

namespace DwEngine.PyTorch.Writing;

/// <summary>Pooling, and how windows are padded.</summary>
internal static class PoolingForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("MaxPool", node => Max(node, node.Input(0), ((MaxPool)node.Layer).Window)),
        new("MaxPoolIndices", Places),
        new("AveragePool", Average),
        new("GlobalAveragePool", node => Global(node, "nn.AdaptiveAvgPool2d(1)", "mean")),
        new("GlobalMaxPool", node => Global(node, "nn.AdaptiveMaxPool2d(1)", "amax")),
    ];

    /// <summary>Max pooling.</summary>
    public static string Max(NodeWriter node, string images, Window window, string suffix = "")
    {
        (string input, int padY, int padX) = ForPool(node, images, window, "float(\"-inf\")");
        string dilation = window is { DilationY: 1, DilationX: 1 }
            ? ""
            : $", dilation={Python.Pair(window.DilationY, window.DilationX)}";
        return $"{node.Module($"nn.MaxPool2d({Arguments(window, padY, padX)}{dilation}{Ceiling(window)})", suffix)}({input})";
    }

    /// <summary>
    /// The input of a window and what is left for the layer itself to pad: padding that is not the same on both sides is written out.
    /// </summary>
    public static (string Input, int PadY, int PadX) Padded(NodeWriter node, string images, Window window, string fill)
    {
        if (window.Padding is PaddingMode.SameUpper or PaddingMode.SameLower)
        {
            int spanY = window.DilationY * (window.KernelHeight - 1), spanX = window.DilationX * (window.KernelWidth - 1);
            if (window is { StrideY: 1, StrideX: 1 } && spanY % 2 == 0 && spanX % 2 == 0)
            {
                return (images, spanY / 2, spanX / 2);
            }

            string arguments = $"({window.KernelHeight}, {window.KernelWidth}), ({window.StrideY}, {window.StrideX}), "
                + $"({window.DilationY}, {window.DilationX}), {Python.Bool(window.Padding == PaddingMode.SameLower)}, {fill}";
            return ($"{node.Helper("pad_same")}({images}, {arguments})", 0, 0);
        }

        return window.PadTop == window.PadBottom && window.PadLeft == window.PadRight
            ? (images, window.PadTop, window.PadLeft)
            : (PadOf(images, window, fill), 0, 0);
    }

    private static string PadOf(string images, Window window, string fill)
    {
        string value = fill == "0.0" ? "" : $", value={fill}";
        return $"F.pad({images}, ({window.PadLeft}, {window.PadRight}, {window.PadTop}, {window.PadBottom}){value})";
    }

    // Pooling takes at most half a kernel of padding itself.
    private static (string Input, int PadY, int PadX) ForPool(NodeWriter node, string images, Window window, string fill)
    {
        (string input, int padY, int padX) = Padded(node, images, window, fill);
        if (padY > window.KernelHeight / 2 || padX > window.KernelWidth / 2)
        {
            window = window with { PadTop = padY, PadBottom = padY, PadLeft = padX, PadRight = padX };
            (input, padY, padX) = (PadOf(input, window, fill), 0, 0);
        }

        bool isWrittenOut = padY == 0 && padX == 0 && window is not { PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };
        return window.Padding == PaddingMode.Ceiling && isWrittenOut
            ? throw new NoForm("pooling that rounds up its size and has uneven padding, or more than half a kernel of it")
            : (input, padY, padX);
    }

    private static string Average(NodeWriter node)
    {
        var layer = (AveragePool)node.Layer;
        Window window = layer.Window;
        bool isPadded = window.Padding is not PaddingMode.Explicit and not PaddingMode.Ceiling
            || window is not { PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };
        if (window is not { DilationY: 1, DilationX: 1 })
        {
            return Dilated(node, layer, isPadded);
        }

        (string input, int padY, int padX) = ForPool(node, node.Input(0), window, "0.0");
        if (isPadded && !layer.CountIncludePad && padY == 0 && padX == 0)
        {
            // The sums of what lies in the image, over how much of the window does.
            (string ones, _, _) = ForPool(node, $"torch.ones_like({node.Input(0)})", window, "0.0");
            string arguments = $"{Arguments(window, 0, 0)}, divisor_override=1";
            return $"F.avg_pool2d({input}, {arguments}) / F.avg_pool2d({ones}, {arguments})";
        }

        string counts = padY == 0 && padX == 0 ? "" : $", count_include_pad={Python.Bool(layer.CountIncludePad)}";
        return $"{node.Module($"nn.AvgPool2d({Arguments(window, padY, padX)}{Ceiling(window)}{counts})")}({input})";
    }

    // A depthwise convolution of equal weights.
    private static string Dilated(NodeWriter node, AveragePool layer, bool isPadded)
    {
        Window window = layer.Window;
        if (window.Padding != PaddingMode.Explicit || (!layer.CountIncludePad && isPadded))
        {
            throw new NoForm("a mean with dilation whose divisor depends on the place");
        }

        int channels = node.Facts[0].Shape[1];
        (string input, int padY, int padX) = Padded(node, node.Input(0), window, "0.0");
        string weight = $"{node.Input(0)}.new_full(({channels}, 1, {window.KernelHeight}, {window.KernelWidth}), "
            + $"{Python.Number(1f / window.Taps)})";
        return $"F.conv2d({input}, {weight}, stride={Python.Pair(window.StrideY, window.StrideX)}, padding=({padY}, {padX}), "
            + $"dilation={Python.Pair(window.DilationY, window.DilationX)}, groups={channels})";
    }

    // Places count through all planes, not each on its own.
    private static string Places(NodeWriter node)
    {
        var layer = (MaxPoolIndices)node.Layer;
        Window window = layer.Window;
        string x = node.Input(0);
        (string input, int padY, int padX) = ForPool(node, x, window, "0.0");
        if (layer.ColumnMajor || input != x)
        {
            throw new NoForm("places of maxima that count by columns, or with uneven padding");
        }

        string places = $"F.max_pool2d({x}, {Arguments(window, padY, padX)}, dilation=({window.DilationY}, {window.DilationX})"
            + $"{Ceiling(window)}, return_indices=True)[1]";
        return $"{places} + torch.arange({x}.shape[0] * {x}.shape[1], device={x}.device)"
            + $".reshape(*{x}.shape[:2], 1, 1) * ({x}.shape[2] * {x}.shape[3])";
    }

    private static string Global(NodeWriter node, string constructor, string reduction)
    {
        int rank = node.Facts[0].Shape.Rank;
        return rank == 4
            ? $"{node.Module(constructor)}({node.Input(0)})"
            : $"{node.Input(0)}.{reduction}({Python.Tuple(Enumerable.Range(2, rank - 2))}, keepdim=True)";
    }

    private static string Arguments(Window window, int padY, int padX) =>
        $"{Python.Pair(window.KernelHeight, window.KernelWidth)}, stride={Python.Pair(window.StrideY, window.StrideX)}"
        + (padY == 0 && padX == 0 ? "" : $", padding={Python.Pair(padY, padX)}");

    private static string Ceiling(Window window) => window.Padding == PaddingMode.Ceiling ? ", ceil_mode=True" : "";
}
