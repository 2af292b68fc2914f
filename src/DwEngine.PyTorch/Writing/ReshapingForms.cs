using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Layers that keep the order of the elements, and those that tell of shapes.</summary>
internal static class ReshapingForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("Identity", node => node.Input(0)),
        new("Constant", _ => throw new NoForm("a constant that is computed")),
        new("Range", _ => throw new NoForm("a range whose bounds the network computes")),
        new("Reshape", Reshape),
        new("Expand", Expand),
        new("Squeeze", Squeeze),
        new("Unsqueeze", Unsqueeze),
        new("Flatten", Flatten),
        new("Tile", node => $"{node.Input(0)}.repeat({string.Join(", ", node.Integers(1, "repeats"))})"),
        new("SizeOf", node => $"torch.tensor({node.Input(0)}.numel())"),
        new("ShapeOf", ShapeOf),
        new("ConstantOfShape", ConstantOfShape),
    ];

    private static string Reshape(NodeWriter node)
    {
        string x = node.Input(0);
        Shape input = node.Facts[0].Shape;
        if (Told(node, "dimensions") is not { } dimensions)
        {
            return $"{node.Helper("reshape")}({x}, {node.Input(1)}.tolist())";
        }

        // The batch is what is fed, whatever it was when the network was written.
        bool isBatch = input.Rank > 1 && input[0] == node.Batch && dimensions is [var first, ..] && (first == 0 || first == node.Batch);
        if (isBatch && dimensions is [_, -1])
        {
            return $"torch.flatten({x}, 1)";
        }

        // Some exporters write sizes that are multiples of a batch of 1; the first is what remains, so that other batches pass.
        bool isMultiple = !isBatch && node.Batch == 1 && input.Rank > 1 && input[0] == 1 && dimensions is [> 1, ..]
            && dimensions.All(size => size > 0);
        IEnumerable<string> sizes = dimensions.Select(
            (size, axis) => axis == 0 && isMultiple ? "-1"
                : (axis == 0 && isBatch) || (size == 0 && axis < input.Rank) ? $"{x}.shape[{axis}]" : $"{size}");
        return $"{x}.reshape({(dimensions.Length == 0 ? "()" : string.Join(", ", sizes))})";
    }

    private static string Expand(NodeWriter node)
    {
        string x = node.Input(0);
        string shape = Told(node, "dimensions") is { } told ? Python.Tuple(told) : $"tuple({node.Input(1)}.tolist())";
        return $"{x}.expand(torch.broadcast_shapes({x}.shape, {shape}))";
    }

    private static string Squeeze(NodeWriter node)
    {
        int rank = node.Facts[0].Shape.Rank;
        if (Told(node, "axes") is not { IsEmpty: false } axes)
        {
            return node.InputCount > 1 ? throw new NoForm("axes that the network computes") : $"{node.Input(0)}.squeeze()";
        }

        return node.Input(0) + string.Concat(
            axes.Select(axis => axis < 0 ? axis + rank : axis).OrderDescending().Select(axis => $".squeeze({axis})"));
    }

    private static string Unsqueeze(NodeWriter node)
    {
        ImmutableArray<int> axes = Told(node, "axes") ?? throw new NoForm("axes that the network computes");
        int rank = node.Facts[0].Shape.Rank + axes.Length;
        return node.Input(0) + string.Concat(
            axes.Select(axis => axis < 0 ? axis + rank : axis).Order().Select(axis => $".unsqueeze({axis})"));
    }

    private static string Flatten(NodeWriter node)
    {
        int rank = node.Facts[0].Shape.Rank, axis = ((Flatten)node.Layer).Axis;
        axis = axis < 0 ? axis + rank : axis;
        string x = node.Input(0);
        return axis == 0 ? $"{x}.reshape(1, -1)"
            : axis == rank ? $"{x}.reshape(-1, 1)"
            : axis == 1 ? $"torch.flatten({x}, 1)"
            : $"{x}.flatten({axis}).flatten(0, {axis - 1})";
    }

    private static string ShapeOf(NodeWriter node)
    {
        var layer = (ShapeOf)node.Layer;
        string range = layer is { Start: 0, End: null } ? "" : $"[{layer.Start}:{layer.End}]";
        return $"torch.tensor({node.Input(0)}.shape{range})";
    }

    private static string ConstantOfShape(NodeWriter node)
    {
        Tensor value = ((ConstantOfShape)node.Layer).Value;
        return $"torch.full(tuple({node.Input(0)}.tolist()), {NodeWriter.Literal(value)}, dtype={Python.Type(value.Type)})";
    }

    // A list is told by the layer, or by its second input if it has one; null if that is computed.
    private static ImmutableArray<int>? Told(NodeWriter node, string list) =>
        node.List(list) is { IsDefault: false } told ? told
        : node.InputCount > 1 && node.Constant(1) is not null ? node.Integers(1, list)
        : null;
}
