using System.Collections.Immutable;
using DwEngine.Files;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators whose results are elements of their operands in other places.</summary>
internal static class Rearranging
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Concat", 1, node => node.Apply(new Concat(node.Attributes.Int("axis", 1)), node.Inputs()), 3),
        Of("Concat", 4, node => node.Apply(new Concat(node.Attributes.Int("axis")), node.Inputs())),
        new("Split", 2, Split),
        Of("Slice", 1, SliceByAttributes, 9),
        Of("Slice", 10, SliceByOperands),
        Of("Transpose", 1, Transpose),
        Of("Gather", 1, node => node.Apply(new Gather(node.Attributes.Int("axis", 0)), node.Input(0), node.Input(1))),
        Of("GatherElements", 11, node =>
            node.Apply(new GatherElements(node.Attributes.Int("axis", 0)), node.Input(0), node.Input(1))),
        Of("GatherND", 11, node => node.Apply(
            new GatherND(node.Opset < 12 ? 0 : node.Attributes.Int("batch_dims", 0)), node.Input(0), node.Input(1))),
        Of("Pad", 1, Pad),
    ];

    private static Operand[] Split(NodeContext node)
    {
        Operand x = node.Input(0);
        int axis = node.Attributes.Int("axis", 0), length = x.Fact.Shape[node.Axis(axis, x.Rank)];
        ImmutableArray<int> sizes = node.Integers("split", 1, 13);
        int parts = node.OutputCount;
        if (node.Opset >= 18 && node.Attributes.Int("num_outputs", parts) is var told && told != parts)
        {
            throw node.Error($"has {parts} outputs; num_outputs is {told}");
        }

        if (sizes.IsDefault)
        {
            // The last part may be smaller.
            int size = (length + parts - 1) / parts;
            sizes = [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(length - (i * size), 0, size))];
            if (node.Opset < 18 && length % parts != 0)
            {
                throw node.Error($"axis {axis} of {x.Fact.Shape} cannot be parted into {parts} equal parts");
            }
        }

        return sizes.Length == parts
            ? node.ApplyAll(Graphs.Layers.Split.Along(axis, sizes), x)
            : throw node.Error($"has {parts} outputs and {sizes.Length} sizes");
    }

    private static Operand SliceByAttributes(NodeContext node)
    {
        ImmutableArray<int> starts = node.Attributes.Ints("starts"), ends = node.Attributes.Ints("ends"),
        axes = node.Attributes.Ints("axes");
        return starts.IsDefault || ends.IsDefault
            ? throw node.Error("has no starts or no ends")
            : node.Apply(new Slice(starts, ends, axes), node.Input(0));
    }

    private static Operand SliceByOperands(NodeContext node)
    {
        Operand x = node.Input(0), starts = node.Planned(1, "starts"), ends = node.Planned(2, "ends");
        Operand? axes = node.TryPlanned(3, "axes"), steps = node.TryPlanned(4, "steps");
        if (axes is null && steps is null)
        {
            return node.Apply(new Slice(), x, starts, ends);
        }

        axes ??= node.Known([.. Enumerable.Range(0, (int)starts.Fact.Shape.ElementCount).Select(axis => (long)axis)]);
        return steps is null ? node.Apply(new Slice(), x, starts, ends, axes) : node.Apply(new Slice(), x, starts, ends, axes, steps);
    }

    private static Operand Transpose(NodeContext node)
    {
        Operand x = node.Input(0);
        ImmutableArray<int> permutation = node.Attributes.Ints("perm");
        return node.Apply(new Transpose(permutation.IsDefault ? [.. Enumerable.Range(0, x.Rank).Reverse()] : permutation), x);
    }

    private static Operand Pad(NodeContext node)
    {
        Operand x = node.Input(0);
        PadMode mode = node.Attributes.Text("mode", "constant") switch
        {
            "constant" => PadMode.Constant,
            "reflect" => PadMode.Reflect,
            "edge" => PadMode.Edge,
            "wrap" when node.Opset >= 19 => PadMode.Wrap,
            var other => throw new NotSupported($"mode = '{other}'"),
        };
        if (node.Opset >= 11 && node.Planned(1, "pads") is { Constant: null } computed)
        {
            // A layer that is told by operands has them in this order: pads, value, axes.
            Operand fill = node.TryPlanned(2, "value") ?? node.Apply(new Cast(x.Type), node.Known(0f));
            return node.TryPlanned(3, "axes") is { } told
                ? node.Apply(new Pad(mode), x, computed, fill, told)
                : node.Apply(new Pad(mode), x, computed, fill);
        }

        ImmutableArray<int> pads = node.Opset < 2 ? node.Attributes.Ints("paddings") : node.Integers("pads", 1, 11);
        double value = node.Opset < 11 ? node.Attributes.Float("value", 0) : node.TryNumber(2, "value") ?? 0;
        ImmutableArray<int> axes = node.Opset < 18 ? default : node.TryIntegers(3, "axes");
        axes = axes.IsDefault ? [.. Enumerable.Range(0, x.Rank)] : [.. axes.Select(axis => node.Axis(axis, x.Rank))];
        if (pads.IsDefault || pads.Length != 2 * axes.Length || axes.Distinct().Count() != axes.Length)
        {
            throw node.Error(
                $"has pads [{(pads.IsDefault ? "" : Quoting.Few(pads))}]; two numbers for each of {axes.Length} axes were expected");
        }

        int[] before = new int[x.Rank], after = new int[x.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            (before[axes[i]], after[axes[i]]) = (pads[i], pads[i + axes.Length]);
        }

        return node.Apply(new Pad([.. before], [.. after], mode, value), x);
    }
}
