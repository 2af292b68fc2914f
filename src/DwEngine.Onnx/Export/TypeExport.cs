using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Layers that change the type of the elements.</summary>
internal static class TypeExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("Cast", node => To(node, node.Input(0), ((Cast)node.Layer).Type)),
        Of("Convert", Convert),
        Of("QuantizeLinear", Quantize),
        Of("DequantizeLinear", Quantize),
    ];

    private static string To(NodeExport node, string value, ElementType type) =>
        node.Apply("Cast", [value], Attributes.Of("to", (long)ExportScope.TypeOf(type)));

    private static string Convert(NodeExport node)
    {
        int[] channels = [.. Enumerable.Repeat(1, node.Facts[0].Shape.Rank - 2)];
        string scaled = node.Apply("Mul", [To(node, node.Input(0), ElementType.Float32), OfChannels("scale")]);
        return node.Apply("Add", [scaled, OfChannels("shift")]);

        string OfChannels(string name)
        {
            Tensor vector = node.Tensor(name);
            return node.Constant(name, Tensor.FromFloats(new Shape([vector.Shape[0], .. channels]), vector.Floats));
        }
    }

    private static string Quantize(NodeExport node)
    {
        if (node.Facts.Any(fact => fact.Type == ElementType.Int16))
        {
            throw new NoForm("whole numbers of 16 bits");
        }

        ImmutableArray<string> operands = [.. Enumerable.Range(0, node.InputCount).Select(node.Input)];
        return node.Apply(node.Layer.Kind, operands, Attributes.Of("axis", ((QuantizationLayer)node.Layer).Axis));
    }
}
