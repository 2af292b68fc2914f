using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators that give their operand another shape, and those that ask for its shape.</summary>
internal static class Reshaping
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("Reshape", 1, node => node.Apply(new Reshape(node.Attributes.Ints("shape")), node.Input(0)), 4),
        Of("Reshape", 5, Reshape),
        Of("Flatten", 1, Flatten),
        Of("Squeeze", 1, node => ByAxes(node, axes => axes.IsDefault ? new Squeeze() : new Squeeze(axes), () => new Squeeze())),
        Of("Unsqueeze", 1, node => ByAxes(
            node, axes => axes.IsDefault ? throw node.Error("has no axes") : new Unsqueeze(axes), () => new Unsqueeze())),
        Of("Size", 1, node => node.Apply(new SizeOf(), node.Input(0))),
        Of("Tile", 6, node => node.Apply(new Tile(), node.Input(0), node.Planned(1, "repeats"))),
        Of("Identity", 1, node => node.Input(0)),
        Of("Shape", 1, ShapeOf),
        Of("Expand", 8, node => node.Apply(new Expand(), node.Input(0), node.Planned(1, "dimensions"))),
    ];

    private static Operand Reshape(NodeContext node)
    {
        if (node.Opset >= 14 && node.Attributes.Bool("allowzero", false)
            && node.TryIntegers(1, "dimensions") is { IsDefault: false } dimensions && dimensions.Contains(0))
        {
            throw new NotSupported("allowzero = 1 with a dimension of 0 (tensors without elements)");
        }

        return node.Apply(new Reshape(), node.Input(0), node.Planned(1, "dimensions"));
    }

    private static Operand Flatten(NodeContext node)
    {
        Operand x = node.Input(0);
        int axis = node.Attributes.Int("axis", 1);
        return node.Apply(new Flatten(axis == 1 - x.Rank ? 1 : axis), x);
    }

    // Up to opset 12 the axes are an attribute.
    private static Operand ByAxes(NodeContext node, Func<ImmutableArray<int>, Layer> known, Func<Layer> asked)
    {
        Operand x = node.Input(0);
        if (node.Opset < 13)
        {
            return node.Apply(known(node.Attributes.Ints("axes")), x);
        }

        return node.TryPlanned(1, "axes") is not { } axes ? node.Apply(known(default), x)
            : axes.Constant is not null ? node.Apply(known(node.TryIntegers(1, "axes")), x)
            : node.Apply(asked(), x, axes);
    }

    private static Operand ShapeOf(NodeContext node)
    {
        Operand shape = node.Apply(new ShapeOf(), node.Input(0));
        int start = 0, end = int.MaxValue;
        if (node.Opset >= 15)
        {
            start = node.Attributes.Int("start", 0);
            end = node.Attributes.Int("end", int.MaxValue);
        }

        return start == 0 && end == int.MaxValue ? shape : node.Apply(new Slice([start], [end]), shape);
    }
}
