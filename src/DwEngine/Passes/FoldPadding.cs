using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>
/// Lets a convolution or pooling pad its input itself where a layer before it pads rows and columns: by 0 for a convolution and an average
/// pooling, by what can never be the largest for a max pooling. Padding that was pixels to an average pooling counts as zeros afterwards,
/// so it must be all or nothing.
/// <para>Bits change only where another kernel computes the padded window, which may sum in another order.</para>
/// </summary>
public sealed class FoldPadding : IGraphPass
{
    /// <inheritdoc/>
    public string Name => "fold-padding";

    /// <inheritdoc/>
    public Graph Run(Graph graph)
    {
        GraphFacts? facts = null;
        var rewriter = new GraphRewriter(graph);
        foreach (Node node in graph.Nodes)
        {
            if (node.Layer is Convolution or Pool
                && graph.ProducerOf(node.Inputs[0]) is { Layer: Pad { Mode: PadMode.Constant } pad } padding
                && (facts ??= graph.Infer()).FixedFacts(padding) is { } inputs
                && inputs[0] is { Type: ElementType.Float32, Shape.Rank: 4 }
                && pad.AmountsOf(inputs) is var (before, after)
                && before is [0, 0, >= 0, >= 0] && after is [0, 0, >= 0, >= 0]
                && BitConverter.UInt32BitsToSingle((uint)pad.FillOf(inputs)) is var fill
                && Fold(node.Layer, before, after, fill, LowerBound(graph, padding)) is { } folded)
            {
                rewriter.Replace(node, new Node(node.Name, folded, [padding.Inputs[0], .. node.Inputs.Skip(1)], node.Outputs));
            }
        }

        return RemoveDeadLayers.After(rewriter, graph);
    }

    private static Layer? Fold(Layer layer, int[] before, int[] after, float fill, float lowest)
    {
        Window window = layer is Convolution { Window: var ofConvolution } ? ofConvolution : ((Pool)layer).Window;
        if (window.Padding != PaddingMode.Explicit)
        {
            return null;
        }

        Window padded = window with
        {
            PadTop = checked(window.PadTop + before[2]),
            PadLeft = checked(window.PadLeft + before[3]),
            PadBottom = checked(window.PadBottom + after[2]),
            PadRight = checked(window.PadRight + after[3]),
        };
        switch (layer)
        {
            case Convolution convolution when fill == 0:
                return new Convolution(
                    convolution.Weights, convolution.Bias, padded, convolution.Groups, convolution.Epilogue, convolution.HasResidual);
            case AveragePool average when fill == 0 && SeesPixels(padded) && (average.CountIncludePad || window == Unpadded(window)):
                return new AveragePool(padded);
            case MaxPool when fill <= lowest && SeesPixels(padded):
                return new MaxPool(padded);
            default:
                return null;
        }
    }

    private static Window Unpadded(Window window) => window with { PadTop = 0, PadLeft = 0, PadBottom = 0, PadRight = 0 };

    // Whether each position sees a pixel, however small the image is.
    private static bool SeesPixels(Window window) => window is { DilationY: 1, DilationX: 1 }
        && Math.Max(window.PadTop, window.PadBottom) < window.KernelHeight
        && Math.Max(window.PadLeft, window.PadRight) < window.KernelWidth;

    // What no element before the padding is below.
    private static float LowerBound(Graph graph, Node padding) => graph.ProducerOf(padding.Inputs[0])?.Layer switch
    {
        Unary { Clamp: { } clamp } => Lowest(clamp),
        IActivatedLayer { Epilogue.AsClamp: { } clamp } => Lowest(clamp),
        _ => float.NegativeInfinity,
    };

    // The upper limit counts where the limits contradict each other.
    private static float Lowest(Clamp clamp) => MathF.Min(clamp.Low, clamp.High);
}
