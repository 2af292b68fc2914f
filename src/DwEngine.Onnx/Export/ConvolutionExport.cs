using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Convolutions, with what follows them in an epilogue.</summary>
internal static class ConvolutionExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("Convolution", node => Convolve(node, (Convolution)node.Layer)),
        Of("ConvolutionMaxPool", node => PoolingExport.Max(
            node, Convolve(node, ((ConvolutionMaxPool)node.Layer).Convolution), ((ConvolutionMaxPool)node.Layer).Pool,
            node.Facts[0].Shape)),
        Of("ConvTranspose", Transposed),
    ];

    private static string Convolve(NodeExport node, Convolution layer)
    {
        string sums = node.Apply(
            "Conv",
            Operands(node),
            [.. WindowExport.Of(layer.Window, node.Facts[0].Shape), Attributes.Of("group", layer.Groups)]);
        return FunctionExport.Epilogue(node, layer.HasResidual ? node.Apply("Add", [sums, node.Input(1)]) : sums, layer.Epilogue);
    }

    private static string Transposed(NodeExport node)
    {
        var layer = (ConvTranspose)node.Layer;
        var attributes = WindowExport.Of(layer.Window, node.Facts[0].Shape).Append(Attributes.Of("group", layer.Groups));
        if (layer.OutputPadding != (0, 0))
        {
            attributes = attributes.Append(Attributes.Of("output_padding", [layer.OutputPadding.Y, layer.OutputPadding.X]));
        }

        if (layer.OutputSize is { } size)
        {
            attributes = attributes.Append(Attributes.Of("output_shape", [size.Height, size.Width]));
        }

        return FunctionExport.Epilogue(node, node.Apply("ConvTranspose", Operands(node), [.. attributes]), layer.Epilogue);
    }

    private static ImmutableArray<string> Operands(NodeExport node) => node.ParameterOrNone("bias") is { Length: > 0 } bias
        ? [node.Input(0), node.Parameter("weight"), bias]
        : [node.Input(0), node.Parameter("weight")];
}
