using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Pooling.</summary>
internal static class PoolingExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("AveragePool", Average),
        Of("MaxPool", node => Max(node, node.Input(0), ((MaxPool)node.Layer).Window, node.Facts[0].Shape)),
        Of("MaxPoolIndices", Places),
        Of("GlobalAveragePool", node => node.Apply("GlobalAveragePool", [node.Input(0)])),
        Of("GlobalMaxPool", node => node.Apply("GlobalMaxPool", [node.Input(0)])),
    ];

    /// <summary>Appends max pooling.</summary>
    public static string Max(NodeExport node, string images, Window window, Shape shape) =>
        node.Apply("MaxPool", [images], [.. WindowExport.Of(window, shape, roundsUp: true)]);

    private static string Places(NodeExport node)
    {
        var layer = (MaxPoolIndices)node.Layer;
        return node.ApplyAll(
            "MaxPool",
            [node.Input(0)],
            2,
            [.. WindowExport.Of(layer.Window, node.Facts[0].Shape, roundsUp: true), Attributes.Of("storage_order", layer.ColumnMajor)])[1];
    }

    private static string Average(NodeExport node)
    {
        var layer = (AveragePool)node.Layer;
        return layer.Window is { DilationY: 1, DilationX: 1 }
            ? node.Apply(
                "AveragePool",
                [node.Input(0)],
                [
                    .. WindowExport.Of(layer.Window, node.Facts[0].Shape, roundsUp: true, dilates: false),
                    Attributes.Of("count_include_pad", layer.CountIncludePad),
                ])
            : Dilated(node, layer);
    }

    // The operator has no dilations yet: it is a depthwise convolution of equal weights.
    private static string Dilated(NodeExport node, AveragePool layer)
    {
        Window window = layer.Window;
        bool isPadded = window is not { PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 };
        if (window.Padding != PaddingMode.Explicit || (!layer.CountIncludePad && isPadded))
        {
            throw new NoForm("a mean with dilation whose divisor depends on the place");
        }

        int channels = node.Facts[0].Shape[1];
        float[] weights = new float[channels * window.Taps];
        Array.Fill(weights, 1f / window.Taps);
        string constant = node.Constant(
            "weight", Tensor.FromFloats(new Shape(channels, 1, window.KernelHeight, window.KernelWidth), weights));
        return node.Apply(
            "Conv", [node.Input(0), constant], [.. WindowExport.Of(window, node.Facts[0].Shape), Attributes.Of("group", channels)]);
    }
}
