using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Normalisations, and dropout, which is none of its own in inference.</summary>
internal static class Normalizations
{
    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("BatchNormalization", 1, BatchNormalization),
        new("Dropout", 1, Dropout),
    ];

    private static Operand BatchNormalization(NodeContext node)
    {
        double epsilon = node.Attributes.Float("epsilon", BatchNorm.DefaultEpsilon);
        node.Attributes.Ignore("momentum");
        if (node.Opset < 7 && !node.Attributes.Bool("is_test", false))
        {
            throw new NotSupported("is_test = 0 (training)");
        }

        if (node.Opset < 9)
        {
            node.Attributes.RequireDefault("spatial", 1);
        }
        else if (node.Opset >= 14)
        {
            node.Attributes.RequireDefault("training_mode", 0);
        }

        node.RequireUnused(1, "statistics of training");
        return node.Apply(
            new BatchNorm(
                node.Constant(1, "scales"), node.Constant(2, "biases"), node.Constant(3, "means"), node.Constant(4, "variances"), epsilon),
            node.Input(0));
    }

    private static Operand[] Dropout(NodeContext node)
    {
        node.Attributes.Ignore(node.Opset < 12 ? "ratio" : "seed");
        node.Attributes.Ignore(node.Opset < 7 ? "is_test" : "");
        if (node.Opset >= 12 && node.TryConstant(2, "training mode") is { } training && training.Bytes.ContainsAnyExcept((byte)0))
        {
            throw new NotSupported("training_mode = true");
        }

        node.RequireUnused(1, "mask");
        return [node.Input(0)];
    }
}
