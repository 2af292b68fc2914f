using DwEngine.Graphs.Layers;
using DwEngine.Kernels;

namespace DwEngine.Cli.Output;

/// <summary>Layers in a few words.</summary>
internal static class LayerText
{
    /// <summary>The attributes by which a reader tells two layers of one kind apart; empty where there are none.</summary>
    public static string Describe(Layer layer) => layer switch
    {
        Convolution convolution => Describe(convolution),
        Pool pool => Describe(pool.Window),
        ChannelShuffle shuffle => $"{shuffle.Groups} groups",
        _ => "",
    };

    private static string Describe(Convolution convolution)
    {
        string kind = convolution.IsDepthwise ? "depthwise " : convolution.IsPointwise ? "pointwise " : "";
        string groups = convolution.Groups > 1 && !convolution.IsDepthwise ? $", {convolution.Groups} groups" : "";
        return kind + Describe(convolution.Window) + groups;
    }

    private static string Describe(Window window)
    {
        string text = $"{window.KernelHeight}x{window.KernelWidth}";
        return window.StrideY == 1 && window.StrideX == 1 ? text
            : window.StrideY == window.StrideX ? $"{text}, stride {window.StrideY}"
            : $"{text}, stride {window.StrideY}x{window.StrideX}";
    }
}
