using System.Collections.Immutable;
using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Operators that choose among what they read, so that the number of results depends on it.</summary>
internal static class Selecting
{
    public static IEnumerable<OperatorEntry> Entries { get; } = [Of("NonMaxSuppression", 10, NonMaxSuppression)];

    private static Operand NonMaxSuppression(NodeContext node)
    {
        var layer = new NonMaxSuppression(node.Attributes.Bool("center_point_box", false));
        // Left out, the number is 0: no box is taken.
        Operand most = node.TryPlanned(2, "most boxes of a class") ?? node.Known(0L);
        Operand overlap = node.TryPlanned(3, "overlap") ?? node.Known(0f);
        ImmutableArray<Operand> inputs = [node.Input(0), node.Input(1), most, overlap];
        if (node.TryPlanned(4, "score") is { } score)
        {
            inputs = inputs.Add(score);
        }

        return node.Apply(layer, inputs.AsSpan());
    }
}
