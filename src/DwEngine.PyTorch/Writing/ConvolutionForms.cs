using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Convolutions and products of matrices, with what follows them in an epilogue.</summary>
internal static class ConvolutionForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("Convolution", node => Convolve(node, (Convolution)node.Layer)),
        new("ConvolutionMaxPool", node => PoolingForms.Max(
            node, node.Named(Convolve(node, ((ConvolutionMaxPool)node.Layer).Convolution)), ((ConvolutionMaxPool)node.Layer).Pool,
            "_pool")),
        new("ConvTranspose", Transposed),
        new("FullyConnected", FullyConnect),
        new("MatMul", node => $"{node.Input(0)} @ {node.Input(1)}"),
    ];

    private static string Convolve(NodeWriter node, Convolution layer)
    {
        if (layer.Window.Padding == PaddingMode.Ceiling)
        {
            throw new NoForm("a convolution that rounds up its size");
        }

        (string input, int padY, int padX) = PoolingForms.Padded(node, node.Input(0), layer.Window, "0.0");
        string arguments = $"{layer.InputChannels}, {layer.OutputChannels}, {Geometry(layer.Window, padY, padX)}";
        string sums = $"{node.Module($"nn.Conv2d({arguments}{Options(layer.Groups, layer.Bias)})")}({input})";
        return FunctionForms.Epilogue(node, layer.HasResidual ? $"{sums} + {node.Input(1)}" : sums, layer.Epilogue);
    }

    private static string Transposed(NodeWriter node)
    {
        var layer = (ConvTranspose)node.Layer;
        Window window = layer.Window;
        (int Y, int X) more = layer.OutputPadding;
        if (more.Y >= Math.Max(window.StrideY, window.DilationY) || more.X >= Math.Max(window.StrideX, window.DilationX))
        {
            throw new NoForm("a transposed convolution whose output padding is no less than its stride");
        }

        Shape image = node.Facts[0].Shape;
        (int top, int bottom) = Cut(
            window, image[2], window.KernelHeight, window.StrideY, window.DilationY, (window.PadTop, window.PadBottom), more.Y,
            layer.OutputSize?.Height);
        (int left, int right) = Cut(
            window, image[3], window.KernelWidth, window.StrideX, window.DilationX, (window.PadLeft, window.PadRight), more.X,
            layer.OutputSize?.Width);
        bool isEven = top == bottom && left == right;
        string arguments = $"{layer.Weights.Shape[0]}, {layer.OutputChannels}, "
            + Geometry(window, isEven ? top : 0, isEven ? left : 0)
            + (more == (0, 0) ? "" : $", output_padding={Python.Pair(more.Y, more.X)}");
        string whole = $"{node.Module($"nn.ConvTranspose2d({arguments}{Options(layer.Groups, layer.Bias)})")}({node.Input(0)})";
        string result = isEven ? whole : $"{whole}[:, :, {Range(top, bottom)}, {Range(left, right)}]";
        return FunctionForms.Epilogue(node, result, layer.Epilogue);
    }

    // What is cut off before and behind the outputs of an axis.
    private static (int Before, int After) Cut(
        Window window, int length, int kernel, int stride, int dilation, (int Before, int After) pads, int more, int? outputs)
    {
        if (outputs is null && window.Padding == PaddingMode.Explicit)
        {
            return pads;
        }

        int whole = (stride * (length - 1)) + more + (dilation * (kernel - 1)) + 1, total = whole - (outputs ?? length * stride);
        if (total < 0)
        {
            throw new NoForm("a transposed convolution whose output is larger than what its inputs reach");
        }

        int before = window.Padding == PaddingMode.SameUpper ? total / 2 : total - (total / 2);
        return (before, total - before);
    }

    private static string FullyConnect(NodeWriter node)
    {
        var layer = (FullyConnected)node.Layer;
        string bias = layer.Bias is null ? ", bias=False" : "";
        string module = node.Module($"nn.Linear({layer.InputLength}, {layer.OutputLength}{bias})");
        return FunctionForms.Epilogue(node, $"{module}({node.Input(0)})", layer.Epilogue);
    }

    private static string Range(int before, int after) =>
        $"{(before > 0 ? $"{before}" : "")}:{(after > 0 ? $"-{after}" : "")}";

    private static string Geometry(Window window, int padY, int padX)
    {
        string text = Python.Pair(window.KernelHeight, window.KernelWidth);
        text += window is { StrideY: 1, StrideX: 1 } ? "" : $", stride={Python.Pair(window.StrideY, window.StrideX)}";
        text += padY == 0 && padX == 0 ? "" : $", padding={Python.Pair(padY, padX)}";
        return text + (window is { DilationY: 1, DilationX: 1 } ? "" : $", dilation={Python.Pair(window.DilationY, window.DilationX)}");
    }

    private static string Options(int groups, Tensor? bias) =>
        (groups == 1 ? "" : $", groups={groups}") + (bias is null ? ", bias=False" : "");
}
