using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Layers that change the type of the elements.</summary>
internal static class TypeForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("Cast", node => $"{node.Input(0)}.to({Python.Type(((Cast)node.Layer).Type)})"),
        new("Convert", Convert),
        new("QuantizeLinear", Quantize),
        new("DequantizeLinear", node => $"({node.Input(0)}.float(){ZeroOf(node, '-')}) * {OfAxis(node, 1)}"),
    ];

    private static string Convert(NodeWriter node)
    {
        var layer = (ConvertElements)node.Layer;
        string x = node.Input(0);
        return $"{x}.float() * {OfChannels(layer.Scale)} + {OfChannels(layer.Shift)}";

        string OfChannels(Tensor vector)
        {
            string numbers = string.Join(", ", vector.Floats.ToArray().Select(Python.Number));
            int[] shape = [-1, .. Enumerable.Repeat(1, node.Facts[0].Shape.Rank - 2)];
            return $"torch.tensor([{numbers}], device={x}.device).reshape{Python.Tuple(shape)}";
        }
    }

    private static string Quantize(NodeWriter node)
    {
        ElementType type = node.InputCount > 2 ? node.Facts[2].Type : ElementType.UInt8;
        (int low, int high) = type switch
        {
            ElementType.UInt8 => (0, 255),
            ElementType.Int8 => (-128, 127),
            _ => throw new NoForm($"quantised elements of the type {type}"),
        };
        return $"torch.clamp(torch.round({node.Input(0)} / {OfAxis(node, 1)}){ZeroOf(node, '+')}, {low}, {high}).to({Python.Type(type)})";
    }

    private static string ZeroOf(NodeWriter node, char sign) => node.InputCount > 2 ? $" {sign} {OfAxis(node, 2)}.float()" : "";

    private static string OfAxis(NodeWriter node, int index)
    {
        int rank = node.Facts[0].Shape.Rank, axis = ((QuantizationLayer)node.Layer).Axis;
        axis = axis < 0 ? axis + rank : axis;
        return node.Facts[index].Shape.ElementCount == 1 && node.Facts[index].Shape.Rank == 0
            ? node.Input(index)
            : $"{node.Input(index)}.reshape{Python.Tuple([-1, .. Enumerable.Repeat(1, rank - axis - 1)])}";
    }
}
