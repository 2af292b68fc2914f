using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;
using static DwEngine.Onnx.Export.LayerExport;

namespace DwEngine.Onnx.Export;

/// <summary>Layers that move or choose elements.</summary>
internal static class RearrangingExport
{
    public static IEnumerable<LayerExport> Entries { get; } =
    [
        Of("Concat", node => node.Apply("Concat", Operands(node), Attributes.Of("axis", ((Concat)node.Layer).Axis))),
        Of("Gather", node => node.Apply("Gather", [node.Input(0), node.Input(1)], Attributes.Of("axis", ((Gather)node.Layer).Axis))),
        Of("GatherElements", node => node.Apply(
            "GatherElements", [node.Input(0), node.Input(1)], Attributes.Of("axis", ((GatherElements)node.Layer).Axis))),
        Of("GatherND", node => node.Apply(
            "GatherND", [node.Input(0), node.Input(1)], Attributes.Of("batch_dims", ((GatherND)node.Layer).BatchDimensions))),
        Of("NonMaxSuppression", node => node.Apply(
            "NonMaxSuppression",
            [node.Input(0), node.Input(1), node.LongInput(2), .. Enumerable.Range(3, node.InputCount - 3).Select(node.Input)],
            Attributes.Of("center_point_box", ((NonMaxSuppression)node.Layer).IsCentered))),
        Of("Transpose", node => node.Apply(
            "Transpose", [node.Input(0)], Attributes.Of("perm", ((Transpose)node.Layer).Permutation))),
        new("Split", Split),
        Of("Slice", Slice),
        Of("Pad", Pad),
        Of("ChannelShuffle", Shuffle),
        Of("DepthToSpace", DepthToSpace),
        Of("SpaceToDepth", node => node.Apply(
            "SpaceToDepth", [node.Input(0)], Attributes.Of("blocksize", ((SpaceToDepth)node.Layer).BlockSize))),
    ];

    private static ImmutableArray<string> Operands(NodeExport node) => [.. Enumerable.Range(0, node.InputCount).Select(node.Input)];

    private static string[] Split(NodeExport node)
    {
        var layer = (Split)node.Layer;
        return node.ApplyAll(
            "Split", [node.Input(0), node.Longs("sizes", layer.Sizes)], layer.OutputCount, Attributes.Of("axis", layer.Axis));
    }

    private static string Slice(NodeExport node) => node.Apply(
        "Slice",
        node.List("starts") is { IsDefault: false } starts
            ?
            [
                node.Input(0),
                node.Longs("starts", starts),
                node.Longs("ends", node.List("ends")),
                node.Longs("axes", node.List("axes")),
                node.Longs("steps", node.List("steps")),
            ]
            : [node.Input(0), .. Enumerable.Range(1, node.InputCount - 1).Select(node.LongInput)]);

    private static string Pad(NodeExport node)
    {
        var layer = (Pad)node.Layer;
        string mode = layer.Mode switch
        {
            PadMode.Constant => "constant",
            PadMode.Reflect => "reflect",
            PadMode.Edge => "edge",
            _ => throw new NoForm($"padding of the mode {layer.Mode}"),
        };
        string pads, fill = "";
        if (node.List("before") is { IsDefault: false } before)
        {
            pads = node.Longs("pads", before.Concat(node.List("after")));
            fill = layer.Mode == PadMode.Constant ? FillOf(node, layer.Value) : "";
        }
        else
        {
            pads = node.InputCount > 3 ? ForAllAxes(node) : node.LongInput(1);
            fill = layer.Mode == PadMode.Constant && node.InputCount > 2 ? node.Input(2) : "";
        }

        return node.Apply("Pad", fill.Length > 0 ? [node.Input(0), pads, fill] : [node.Input(0), pads], Attributes.Of("mode", mode));
    }

    private static string FillOf(NodeExport node, double value)
    {
        Tensor number = Tensor.FromFloats(new Shape(), [(float)value]);
        return node.Constant("fill", new Cast(node.Facts[0].Type).Reference([number])[0]);
    }

    // The operator has no axes yet.
    private static string ForAllAxes(NodeExport node)
    {
        ImmutableArray<int> told = node.Integers(1), axes = node.Integers(3);
        int rank = node.Facts[0].Shape.Rank;
        int[] pads = new int[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i] < 0 ? axes[i] + rank : axes[i];
            (pads[axis], pads[axis + rank]) = (told[i], told[i + axes.Length]);
        }

        return node.Longs("pads", pads);
    }

    // Channels as a matrix of groups, which is transposed.
    private static string Shuffle(NodeExport node)
    {
        int groups = ((ChannelShuffle)node.Layer).Groups;
        Shape input = node.Facts[0].Shape;
        int[] sizes = node.HasOpenSizes ? [-1] : input.Dimensions[2..].ToArray();
        int[] permutation = [0, 2, 1, .. Enumerable.Range(3, sizes.Length)];
        string parted = node.Reshape(node.Input(0), [0, groups, input[1] / groups, .. sizes]);
        string transposed = node.Apply("Transpose", [parted], Attributes.Of("perm", permutation));
        return node.HasOpenSizes
            ? node.ReshapeLike(transposed, node.Input(0))
            : node.Reshape(transposed, [0, .. input.Dimensions[1..]]);
    }

    private static string DepthToSpace(NodeExport node)
    {
        var layer = (DepthToSpace)node.Layer;
        return node.Apply(
            "DepthToSpace",
            [node.Input(0)],
            Attributes.Of("blocksize", layer.BlockSize),
            Attributes.Of("mode", layer.ColumnRowDepth ? "CRD" : "DCR"));
    }
}
