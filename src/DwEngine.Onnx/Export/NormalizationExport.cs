using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Normalisations.</summary>
internal static class NormalizationExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("BatchNorm", Batch),
        Of("InstanceNorm", node => Instance(
            node, node.Input(0), ((InstanceNorm)node.Layer).Epsilon, node.Facts[0].Shape[1], takesInputs: true)),
        Of("LayerNorm", Layer),
        Of("GroupNorm", Group),
        Of("LocalResponseNorm", LocalResponse),
        .. new[] { "Softmax", "LogSoftmax", "Hardmax" }.Select(kind => Of(kind, node => Rows(node, kind))),
    ];

    private static string Batch(NodeExport node) => node.Apply(
        "BatchNormalization",
        [node.Input(0), node.Parameter("weight"), node.Parameter("bias"), node.Parameter("running_mean"), node.Parameter("running_var")],
        Attributes.Of("epsilon", ((BatchNorm)node.Layer).Epsilon));

    private static string Instance(NodeExport node, string images, double epsilon, int channels, bool takesInputs)
    {
        string scale = takesInputs && node.InputCount > 1 ? node.Input(1) : Filled(node, "scale", new Shape(channels), 1);
        string shift = takesInputs && node.InputCount > 2 ? node.Input(2) : Filled(node, "shift", new Shape(channels), 0);
        return node.Apply("InstanceNormalization", [images, scale, shift], Attributes.Of("epsilon", epsilon));
    }

    private static string Layer(NodeExport node)
    {
        var layer = (LayerNorm)node.Layer;
        Shape input = node.Facts[0].Shape;
        int axis = layer.Axis < 0 ? layer.Axis + input.Rank : layer.Axis;
        string scale = node.InputCount > 1 ? node.Input(1) : Filled(node, "scale", new Shape(input.Dimensions[axis..]), 1);
        ImmutableArray<string> operands = node.InputCount > 2 ? [node.Input(0), scale, node.Input(2)] : [node.Input(0), scale];
        return node.Apply("LayerNormalization", operands, Attributes.Of("axis", layer.Axis), Attributes.Of("epsilon", layer.Epsilon));
    }

    // The groups are the channels of an instance normalisation; the channels' own scales and shifts follow.
    private static string Group(NodeExport node)
    {
        var layer = (GroupNorm)node.Layer;
        int[] channels = [-1, .. Enumerable.Repeat(1, node.Facts[0].Shape.Rank - 2)];
        string groups = node.Reshape(node.Input(0), 0, layer.Groups, -1);
        string result = node.ReshapeLike(Instance(node, groups, layer.Epsilon, layer.Groups, takesInputs: false), node.Input(0));
        result = node.InputCount > 1 ? node.Apply("Mul", [result, node.Reshape(node.Input(1), channels)]) : result;
        return node.InputCount > 2 ? node.Apply("Add", [result, node.Reshape(node.Input(2), channels)]) : result;
    }

    private static string LocalResponse(NodeExport node)
    {
        var layer = (LocalResponseNorm)node.Layer;
        return node.Apply(
            "LRN",
            [node.Input(0)],
            Attributes.Of("size", layer.Size),
            Attributes.Of("alpha", (double)layer.Alpha),
            Attributes.Of("beta", (double)layer.Beta),
            Attributes.Of("bias", (double)layer.Bias));
    }

    private static string Rows(NodeExport node, string type)
    {
        var layer = (RowLayer)node.Layer;
        int rank = node.Facts[0].Shape.Rank, axis = layer.Axis < 0 ? layer.Axis + rank : layer.Axis;
        if (!layer.Flattens || axis == rank - 1)
        {
            return node.Apply(type, [node.Input(0)], Attributes.Of("axis", layer.Axis));
        }

        string rows = node.Reshape(node.Input(0), [.. Enumerable.Repeat(0, axis), -1]);
        return node.ReshapeLike(node.Apply(type, [rows], Attributes.Of("axis", -1)), node.Input(0));
    }

    private static string Filled(NodeExport node, string suffix, Shape shape, float value)
    {
        float[] values = new float[shape.ElementCount];
        Array.Fill(values, value);
        return node.Constant(suffix, Tensor.FromFloats(shape, values));
    }
}
