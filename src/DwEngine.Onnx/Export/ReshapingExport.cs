using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Schema;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Layers that keep the order of the elements, and those that tell of shapes.</summary>
internal static class ReshapingExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("Identity", node => node.Apply("Identity", [node.Input(0)])),
        Of("Reshape", node => Told(node, "Reshape", "dimensions")),
        Of("Expand", node => Told(node, "Expand", "dimensions")),
        Of("Squeeze", node => Told(node, "Squeeze", "axes")),
        Of("Unsqueeze", node => Told(node, "Unsqueeze", "axes")),
        Of("Flatten", node => node.Apply("Flatten", [node.Input(0)], Attributes.Of("axis", ((Flatten)node.Layer).Axis))),
        Of("Tile", node => node.Apply("Tile", [node.Input(0), node.LongInput(1)])),
        Of("SizeOf", node => node.Apply("Size", [node.Input(0)])),
        Of("ShapeOf", ShapeOf),
        Of("ConstantOfShape", ConstantOfShape),
        Of("Range", node => node.Apply("Range", [node.Input(0), node.Input(1), node.Input(2)])),
        Of("Constant", node => node.IsHollow(((Constant)node.Layer).Value)
            ? node.Apply("Identity", [node.Parameter("value")])
            : node.Apply("Constant", [], Attributes.Of("value", ExportScope.ToProto(node.Name, ((Constant)node.Layer).Value)))),
    ];

    // A list is told by the layer, or by its second input if it has one.
    private static string Told(NodeExport node, string type, string list)
    {
        ImmutableArray<int> told = node.List(list);
        return !told.IsDefault ? node.Apply(type, [node.Input(0), node.Longs(list, told)])
            : node.InputCount > 1 ? node.Apply(type, [node.Input(0), node.LongInput(1)])
            : node.Apply(type, [node.Input(0)]);
    }

    private static string ShapeOf(NodeExport node)
    {
        var layer = (ShapeOf)node.Layer;
        AttributeProto start = Attributes.Of("start", layer.Start);
        return layer.End is { } end
            ? node.Apply("Shape", [node.Input(0)], start, Attributes.Of("end", end))
            : node.Apply("Shape", [node.Input(0)], start);
    }

    private static string ConstantOfShape(NodeExport node)
    {
        var value = ((ConstantOfShape)node.Layer).Value;
        var flat = Tensors.Tensor.FromBytes(value.Type, new Tensors.Shape(1), value.Bytes.ToArray());
        return node.Apply("ConstantOfShape", [node.LongInput(0)], Attributes.Of("value", ExportScope.ToProto(node.Name, flat)));
    }
}
