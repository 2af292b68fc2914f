using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Normalisations.</summary>
internal static class NormalizationForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("BatchNorm", Batch),
        new("InstanceNorm", node => $"F.instance_norm({node.Input(0)}{Affine(node)}, "
            + $"eps={Python.Number(((InstanceNorm)node.Layer).Epsilon)})"),
        new("GroupNorm", node => $"F.group_norm({node.Input(0)}, {((GroupNorm)node.Layer).Groups}{Affine(node)}, "
            + $"eps={Python.Number(((GroupNorm)node.Layer).Epsilon)})"),
        new("LayerNorm", Layer),
        new("LocalResponseNorm", LocalResponse),
        new("Softmax", node => Rows(node, "nn.Softmax", "F.softmax")),
        new("LogSoftmax", node => Rows(node, "nn.LogSoftmax", "F.log_softmax")),
        new("Hardmax", Hardmax),
    ];

    private static string Batch(NodeWriter node)
    {
        var layer = (BatchNorm)node.Layer;
        string module = node.Facts[0].Shape.Rank switch
        {
            2 or 3 => "nn.BatchNorm1d",
            4 => "nn.BatchNorm2d",
            5 => "nn.BatchNorm3d",
            var rank => throw new NoForm($"batch normalisation of {rank} axes"),
        };
        string epsilon = layer.Epsilon == BatchNorm.DefaultEpsilon ? "" : $", eps={Python.Number(layer.Epsilon)}";
        return $"{node.Module($"{module}({layer.Channels}{epsilon})")}({node.Input(0)})";
    }

    private static string Affine(NodeWriter node) =>
        (node.InputCount > 1 ? $", weight={node.Input(1)}" : "") + (node.InputCount > 2 ? $", bias={node.Input(2)}" : "");

    private static string Layer(NodeWriter node)
    {
        var layer = (LayerNorm)node.Layer;
        Shape input = node.Facts[0].Shape;
        int axis = layer.Axis < 0 ? layer.Axis + input.Rank : layer.Axis;
        bool fits = Enumerable.Range(1, node.InputCount - 1).All(
            index => node.Facts[index].Shape.Dimensions.SequenceEqual(input.Dimensions[axis..]));
        string start = $"F.layer_norm({node.Input(0)}, {node.Input(0)}.shape[{axis}:]";
        string end = $", eps={Python.Number(layer.Epsilon)})";
        return fits ? start + Affine(node) + end
            : node.InputCount == 2 ? $"{start}{end} * {node.Input(1)}"
            : $"{start}{end} * {node.Input(1)} + {node.Input(2)}";
    }

    private static string LocalResponse(NodeWriter node)
    {
        var layer = (LocalResponseNorm)node.Layer;
        return layer.Size % 2 == 0
            ? throw new NoForm("local response normalisation over an even number of channels, of which PyTorch takes others")
            : $"{node.Module($"nn.LocalResponseNorm({layer.Size}, {Python.Number(layer.Alpha)}, {Python.Number(layer.Beta)}, "
                + $"{Python.Number(layer.Bias)})")}({node.Input(0)})";
    }

    private static string Rows(NodeWriter node, string module, string function)
    {
        (int axis, bool flattens) = AxisOf(node);
        return flattens
            ? $"{function}({node.Input(0)}.flatten({axis}), -1).reshape({node.Input(0)}.shape)"
            : $"{node.Module($"{module}({axis})")}({node.Input(0)})";
    }

    private static string Hardmax(NodeWriter node)
    {
        (int axis, bool flattens) = AxisOf(node);
        string x = node.Input(0), rows = flattens ? node.Named($"{x}.flatten({axis})") : x;
        string places = $"{rows}.argmax({(flattens ? -1 : axis)}, keepdim=True)";
        string result = $"torch.zeros_like({rows}).scatter({(flattens ? -1 : axis)}, {places}, 1.0)";
        return flattens ? $"{result}.reshape({x}.shape)" : result;
    }

    private static (int Axis, bool Flattens) AxisOf(NodeWriter node)
    {
        var layer = (RowLayer)node.Layer;
        int rank = node.Facts[0].Shape.Rank, axis = layer.Axis < 0 ? layer.Axis + rank : layer.Axis;
        return (axis, layer.Flattens && axis != rank - 1);
    }
}
