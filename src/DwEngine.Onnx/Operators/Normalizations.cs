using DwEngine.Graphs.Layers;
using DwEngine.Onnx.Nodes;
using DwEngine.Tensors;
using static DwEngine.Onnx.Nodes.OperatorEntry;

namespace DwEngine.Onnx.Operators;

/// <summary>Normalisations, and dropout, which does nothing in inference.</summary>
internal static class Normalizations
{
    private const double DefaultEpsilon = 1e-5;

    public static IEnumerable<OperatorEntry> Entries { get; } =
    [
        Of("BatchNormalization", 1, BatchNormalization),
        new("Dropout", 1, Dropout),
        Of("InstanceNormalization", 1, node =>
        {
            double epsilon = node.Attributes.Float("epsilon", DefaultEpsilon);
            return node.Apply(new InstanceNorm(epsilon), node.Input(0), node.Input(1), node.Input(2));
        }),
        Of("LayerNormalization", 17, LayerNormalization),
        Of("GroupNormalization", 18, GroupNormalization),
        Of("LRN", 1, LocalResponseNormalization),
        Of("LpNormalization", 1, LpNormalization),
        Of("MeanVarianceNormalization", 9, MeanVarianceNormalization),
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
        Tensor scale = node.Constant(1, "scales"), shift = node.Constant(2, "biases");
        Tensor mean = node.Constant(3, "means"), variance = node.Constant(4, "variances");
        return node.Apply(new BatchNorm(scale, shift, mean, variance, epsilon), node.Input(0));
    }

    private static Operand[] Dropout(NodeContext node)
    {
        node.Attributes.Ignore(node.Opset < 12 ? "ratio" : "seed");
        if (node.Opset >= 12)
        {
            // The ratio, which counts in training only.
            node.IgnoreInput(1);
        }

        if (node.Opset < 7 && !node.Attributes.Bool("is_test", false))
        {
            throw new NotSupported("is_test = 0 (training)");
        }

        if (node.Opset >= 12 && node.TryConstant(2, "training mode") is { } training && training.Bytes.ContainsAnyExcept((byte)0))
        {
            throw new NotSupported("training_mode = true");
        }

        if (!node.IsOutputUsed(1))
        {
            return [node.Input(0)];
        }

        // Nothing is dropped. Up to opset 9 the mask has the type of the data.
        Tensor kept = node.Opset < 10 ? Tensor.FromFloats(new Shape(), [1]) : Tensor.FromBytes(ElementType.Bool, new Shape(), [1]);
        return [node.Input(0), node.Apply(new ConstantOfShape(kept), node.Apply(new ShapeOf(), node.Input(0)))];
    }

    private static Operand LayerNormalization(NodeContext node)
    {
        double epsilon = node.Attributes.Float("epsilon", DefaultEpsilon);
        int axis = node.Attributes.Int("axis", -1);
        // In which type the statistics are computed; the engine has one.
        node.Attributes.Ignore("stash_type");
        node.RequireUnused(1, "means and deviations");
        Operand x = node.Input(0), scale = node.Input(1);
        int first = node.Axis(axis, x.Rank);
        // The layer takes a scale and a shift of all elements that are normalised together; others broadcast afterwards.
        bool fits = scale.Fact.Shape == new Shape(x.Fact.Shape.Dimensions[first..])
            && (node.TryInput(2) is not { } told || told.Fact.Shape == scale.Fact.Shape);
        if (fits)
        {
            return node.TryInput(2) is { } shift
                ? node.Apply(new LayerNorm(axis, epsilon), x, scale, shift)
                : node.Apply(new LayerNorm(axis, epsilon), x, scale);
        }

        Operand scaled = node.Apply(new Binary("Mul"), node.Apply(new LayerNorm(axis, epsilon), x), scale);
        return node.TryInput(2) is { } added ? node.Apply(new Binary("Add"), scaled, added) : scaled;
    }

    private static Operand GroupNormalization(NodeContext node)
    {
        double epsilon = node.Attributes.Float("epsilon", DefaultEpsilon);
        int groups = node.Attributes.Int("num_groups");
        node.Attributes.Ignore("stash_type");
        Operand x = node.Input(0), scale = node.Input(1), shift = node.Input(2);
        // Up to opset 20 there is a scale for each group, from then on for each channel.
        return node.Opset < 21
            ? node.Apply(new GroupNorm(groups, epsilon), x, ForChannels(node, x, scale, groups), ForChannels(node, x, shift, groups))
            : node.Apply(new GroupNorm(groups, epsilon), x, scale, shift);
    }

    private static Operand ForChannels(NodeContext node, Operand x, Operand values, int groups)
    {
        int channels = x.Rank > 1 ? x.Fact.Shape[1] : 0;
        if (values.Fact.Shape != new Shape(groups) || groups < 1 || channels % groups != 0)
        {
            throw node.Error($"has a scale or shift of shape {values.Fact.Shape}; {groups} numbers were expected for {channels} channels");
        }

        Operand spread = node.Apply(new Expand(groups, channels / groups), node.Apply(new Unsqueeze(1), values));
        return node.Apply(new Reshape(channels), spread);
    }

    private static Operand LocalResponseNormalization(NodeContext node)
    {
        int size = node.Attributes.Int("size");
        double alpha = node.Attributes.Float("alpha", 1e-4), beta = node.Attributes.Float("beta", 0.75),
        bias = node.Attributes.Float("bias", 1);
        return node.Apply(new LocalResponseNorm(size, alpha, beta, bias), node.Input(0));
    }

    private static Operand LpNormalization(NodeContext node)
    {
        int axis = node.Attributes.Int("axis", -1);
        long power = node.Attributes.Long("p", 2);
        return power is 1 or 2
            ? node.Apply(new Binary("Div"), node.Input(0), node.Apply(new Reduce($"L{power}", [axis]), node.Input(0)))
            : throw new NotSupported($"p = {power}");
    }

    // (x - mean) / (deviation + 1e-9)
    private static Operand MeanVarianceNormalization(NodeContext node)
    {
        Operand x = node.Input(0);
        var axes = node.Attributes.Ints("axes");
        axes = axes.IsDefault ? [0, 2, 3] : axes;
        Operand centred = node.Apply(new Binary("Sub"), x, node.Apply(new Reduce("Mean", axes), x));
        Operand variance = node.Apply(new Reduce("Mean", axes), node.Apply(new Binary("Mul"), centred, centred));
        Operand deviation = node.Apply(new Binary("Add"), node.Apply(new Unary("Sqrt"), variance), node.Known(1e-9f));
        return node.Apply(new Binary("Div"), centred, deviation);
    }
}
