using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Tensors;

namespace DwEngine.PyTorch.Writing;

/// <summary>Layers that move elements.</summary>
internal static class RearrangingForms
{
    public static IEnumerable<LayerForm> All { get; } =
    [
        new("Concat", node =>
            $"torch.cat([{string.Join(", ", Enumerable.Range(0, node.InputCount).Select(node.Input))}], {((Concat)node.Layer).Axis})"),
        new("Gather", Gather),
        new("GatherElements", GatherElements),
        new("GatherND", node => ((GatherND)node.Layer).BatchDimensions == 0
            ? $"{node.Input(0)}[tuple({node.Input(1)}.long().unbind(-1))]"
            : throw new NoForm("gathering at places of each batch")),
        new("NonMaxSuppression", _ => throw new NoForm("non-maximum suppression, which PyTorch alone does not have")),
        new("Transpose", node => $"{node.Input(0)}.permute({string.Join(", ", ((Transpose)node.Layer).Permutation)})"),
        new("Split", Split),
        new("Slice", Slice),
        new("Pad", Pad),
        new("ChannelShuffle", node => $"{node.Helper("channel_shuffle")}({node.Input(0)}, {((ChannelShuffle)node.Layer).Groups})"),
        new("DepthToSpace", DepthToSpace),
        new("SpaceToDepth", node => $"{node.Helper("space_to_depth")}({node.Input(0)}, {((SpaceToDepth)node.Layer).BlockSize})"),
    ];

    private static string Gather(NodeWriter node)
    {
        int axis = Positive(((Gather)node.Layer).Axis, node.Facts[0].Shape.Rank);
        string before = string.Concat(Enumerable.Repeat(":, ", axis));
        return node.Constant(1) is { Shape.Rank: 0 } index
            ? $"{node.Input(0)}[{before}{NodeWriter.Literal(index)}]"
            : $"{node.Input(0)}[{before}{node.Input(1)}.long()]";
    }

    private static string GatherElements(NodeWriter node)
    {
        int axis = Positive(((GatherElements)node.Layer).Axis, node.Facts[0].Shape.Rank);
        return $"torch.gather({node.Input(0)}, {axis}, {node.Input(1)}.long() % {node.Input(0)}.shape[{axis}])";
    }

    private static string Split(NodeWriter node)
    {
        var layer = (Split)node.Layer;
        return layer.Sizes.Distinct().Count() == 1 && layer.Sizes[0] > 0
            ? $"{node.Input(0)}.chunk({layer.Sizes.Length}, {layer.Axis})"
            : $"{node.Input(0)}.split({Python.List(layer.Sizes)}, {layer.Axis})";
    }

    private static string Slice(NodeWriter node)
    {
        const string Bounds = "a slice with bounds";
        bool isTold = !node.List("starts").IsDefault;
        ImmutableArray<int> starts = isTold ? node.List("starts") : node.Integers(1, Bounds);
        ImmutableArray<int> ends = isTold ? node.List("ends") : node.Integers(2, Bounds);
        ImmutableArray<int> axes = isTold ? node.List("axes") : node.InputCount > 3 ? node.Integers(3, Bounds) : default;
        ImmutableArray<int> steps = isTold ? node.List("steps") : node.InputCount > 4 ? node.Integers(4, Bounds) : default;
        Shape input = node.Facts[0].Shape;
        string[] ranges = [.. Enumerable.Repeat(":", input.Rank)];
        List<int> flipped = [];
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = Positive(axes.IsDefault ? i : axes[i], input.Rank), step = steps.IsDefault ? 1 : steps[i];
            bool isReversed = step < 0, isWhole = starts[i] is -1 or int.MaxValue && ends[i] <= -input[axis] - 1;
            if (isReversed && !isWhole)
            {
                throw new NoForm("a slice that goes backwards over a part of an axis");
            }

            if (isReversed)
            {
                flipped.Add(axis);
            }

            string range = isReversed ? ":" : $"{(starts[i] == 0 ? "" : starts[i])}:{(ends[i] == int.MaxValue ? "" : ends[i])}";
            ranges[axis] = Math.Abs((long)step) == 1 ? range : $"{range}:{Math.Abs((long)step)}";
        }

        string x = flipped.Count == 0 ? node.Input(0) : $"{node.Input(0)}.flip({Python.Tuple(flipped)})";
        int last = Array.FindLastIndex(ranges, range => range != ":");
        return last < 0 ? x : $"{x}[{string.Join(", ", ranges[..(last + 1)])}]";
    }

    private static string Pad(NodeWriter node)
    {
        var layer = (Pad)node.Layer;
        int rank = node.Facts[0].Shape.Rank;
        (int[] before, int[] after) = Pads(node, rank);
        int first = Enumerable.Range(0, rank).FirstOrDefault(axis => before[axis] != 0 || after[axis] != 0, rank);
        if (first == rank)
        {
            return node.Input(0);
        }

        string mode = layer.Mode switch
        {
            PadMode.Constant => "constant",
            PadMode.Reflect => "reflect",
            PadMode.Edge => "replicate",
            _ => throw new NoForm($"padding of the mode {layer.Mode}"),
        };
        bool isConstant = layer.Mode == PadMode.Constant;
        if (!isConstant && (rank is < 3 or > 4 || first < 2 || before.Concat(after).Any(count => count < 0)))
        {
            throw new NoForm($"padding of the mode {layer.Mode} but for more pixels of images");
        }

        first = isConstant ? first : 2;
        int[] pads = [.. Enumerable.Range(first, rank - first).Reverse().SelectMany(axis => (int[])[before[axis], after[axis]])];
        string fill = !isConstant ? $", mode=\"{mode}\""
            : node.InputCount > 2 ? $", value={FillOf(node)}"
            : layer.Value == 0 ? "" : $", value={Python.Number(layer.Value)}";
        return $"F.pad({node.Input(0)}, {Python.Tuple(pads)}{fill})";
    }

    private static string FillOf(NodeWriter node) =>
        node.Constant(2) is { Shape.ElementCount: 1 } fill ? NodeWriter.Literal(fill) : $"{node.Input(2)}.item()";

    private static (int[] Before, int[] After) Pads(NodeWriter node, int rank)
    {
        if (node.List("before") is { IsDefault: false } told)
        {
            return ([.. told], [.. node.List("after")]);
        }

        ImmutableArray<int> pads = node.Integers(1, "padding");
        ImmutableArray<int> axes = node.InputCount > 3 ? node.Integers(3, "axes") : [.. Enumerable.Range(0, rank)];
        int[] before = new int[rank], after = new int[rank];
        for (int i = 0; i < axes.Length; i++)
        {
            (before[Positive(axes[i], rank)], after[Positive(axes[i], rank)]) = (pads[i], pads[i + axes.Length]);
        }

        return (before, after);
    }

    private static string DepthToSpace(NodeWriter node)
    {
        var layer = (DepthToSpace)node.Layer;
        return layer.ColumnRowDepth
            ? $"{node.Module($"nn.PixelShuffle({layer.BlockSize})")}({node.Input(0)})"
            : $"{node.Helper("depth_to_space")}({node.Input(0)}, {layer.BlockSize})";
    }

    private static int Positive(int axis, int rank) => axis < 0 ? axis + rank : axis;
}
