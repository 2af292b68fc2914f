using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;

namespace DwEngine.Passes;

/// <summary>y = Scale x + Shift for each channel, in double precision.</summary>
/// <param name="Scale">One number for each channel, or one for all.</param>
/// <param name="Shift">As many numbers.</param>
internal sealed record ChannelAffine(double[] Scale, double[] Shift)
{
    /// <summary>The number of channels; 1 if the same counts for all.</summary>
    public int Channels => Scale.Length;

    /// <summary>
    /// What a node makes of one operand, if it is a batch norm, or adds, subtracts, multiplies or divides by constants of one number for
    /// each channel or for all; null if it is something else.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="node">The node.</param>
    /// <param name="operand">The number of the operand that is no constant.</param>
    /// <param name="rank">The number of axes of the result.</param>
    /// <param name="channelAxis">Which of them counts the channels.</param>
    public static ChannelAffine? Of(Graph graph, Node node, out int operand, int rank, int channelAxis)
    {
        operand = 0;
        if (node.Layer is BatchNorm norm)
        {
            (double[] scale, double[] shift) = norm.ToAffine();
            return channelAxis == 1 ? new ChannelAffine(scale, shift) : null;
        }

        if (node.Layer is not Binary binary)
        {
            return null;
        }

        operand = graph.ConstantOf(node.Inputs[0]) is null ? 0 : 1;
        if (graph.ConstantOf(node.Inputs[1 - operand]) is not { Type: ElementType.Float32 } constant
            || !LiesAlong(constant.Shape, rank, channelAxis))
        {
            return null;
        }

        double[] numbers = Array.ConvertAll(constant.Floats.ToArray(), number => (double)number);
        double[] ones = [.. numbers.Select(_ => 1.0)], zeros = new double[numbers.Length];
        ChannelAffine? affine = (binary.Kind, operand) switch
        {
            ("Add", _) => new(ones, numbers),
            ("Sub", 0) => new(ones, Array.ConvertAll(numbers, number => -number)),
            ("Sub", 1) => new(Array.ConvertAll(ones, one => -one), numbers),
            ("Mul", _) => new(numbers, zeros),
            ("Div", 0) => new(Array.ConvertAll(numbers, number => 1 / number), zeros),
            _ => null,
        };
        return affine is not null && affine.Scale.Concat(affine.Shift).All(number => float.IsFinite((float)number)) ? affine : null;
    }

    /// <summary>Whether nothing is done to what a node computes.</summary>
    public static bool IsPlain(Node node) => node.Layer is not IActivatedLayer activated || activated.Epilogue == Activation.None;

    /// <summary>This and then another as one.</summary>
    public ChannelAffine Then(ChannelAffine next)
    {
        int channels = Math.Max(Channels, next.Channels);
        double[] scale = new double[channels], shift = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            scale[c] = At(Scale, c) * At(next.Scale, c);
            shift[c] = (At(Shift, c) * At(next.Scale, c)) + At(next.Shift, c);
        }

        return new ChannelAffine(scale, shift);
    }

    /// <summary>The layer that equals a convolution or fully connected layer and then this, or null if none does.</summary>
    public Layer? After(Layer layer)
    {
        switch (layer)
        {
            case Convolution { HasResidual: false } convolution
                when convolution.Epilogue == Activation.None && Fits(convolution.OutputChannels):
                (Tensor weights, Tensor? bias) = Fold(convolution.Weights, convolution.Bias);
                return new Convolution(weights, bias, convolution.Window, convolution.Groups);
            case FullyConnected matrix when matrix.Epilogue == Activation.None && Fits(matrix.OutputLength):
                (weights, bias) = Fold(matrix.Weights, matrix.Bias);
                return new FullyConnected(weights, bias);
            default:
                return null;
        }
    }

    /// <summary>
    /// The layer that equals this and then a convolution or fully connected layer, or null if none does. Padding is not shifted, so there
    /// must be none where a shift is.
    /// </summary>
    public Layer? Before(Layer layer)
    {
        switch (layer)
        {
            case Convolution convolution when Fits(convolution.InputChannels)
                && (Array.TrueForAll(Shift, shift => shift == 0) || IsUnpadded(convolution.Window)):
                int inputs = convolution.Weights.Shape[1], outputsOfGroup = convolution.OutputChannels / convolution.Groups;
                (Tensor weights, Tensor? bias) = FoldInputs(
                    convolution.Weights, convolution.Bias, convolution.Window.Taps, output => output / outputsOfGroup * inputs);
                return new Convolution(
                    weights, bias, convolution.Window, convolution.Groups, convolution.Epilogue, convolution.HasResidual);
            case FullyConnected matrix when Fits(matrix.InputLength):
                (weights, bias) = FoldInputs(matrix.Weights, matrix.Bias, 1, _ => 0);
                return new FullyConnected(weights, bias, matrix.Epilogue);
            default:
                return null;
        }
    }

    /// <summary>The same as a layer of its own.</summary>
    public BatchNorm ToLayer()
    {
        var shape = new Shape(Channels);
        Tensor zeros = Tensor.FromFloats(shape, new float[Channels]);
        return new BatchNorm(ToTensor(Scale), ToTensor(Shift), zeros, ToTensor([.. Scale.Select(_ => 1.0)]), epsilon: 0);
    }

    private static Tensor ToTensor(double[] numbers) =>
        Tensor.FromFloats(new Shape(numbers.Length), Array.ConvertAll(numbers, number => (float)number));

    private static bool IsUnpadded(Window window) => window is { PadTop: 0, PadLeft: 0, PadBottom: 0, PadRight: 0 }
        && (window.Padding == PaddingMode.Explicit || window.IsPointwise);

    // Whether a constant of that shape has at most one number for each channel and adds no axes.
    private static bool LiesAlong(Shape shape, int rank, int channelAxis)
    {
        if (shape.Rank > rank || shape.ElementCount == 0)
        {
            return false;
        }

        int axis = channelAxis - (rank - shape.Rank);
        return shape.ElementCount == 1 || (axis >= 0 && axis < shape.Rank && shape[axis] == shape.ElementCount);
    }

    private static double At(double[] numbers, int channel) => numbers[numbers.Length == 1 ? 0 : channel];

    private bool Fits(int channels) => Channels == 1 || Channels == channels;

    private (Tensor Weights, Tensor? Bias) Fold(Tensor weights, Tensor? bias)
    {
        float[] newWeights = weights.Floats.ToArray(), newBias = new float[weights.Shape[0]];
        int perOutput = newWeights.Length / newBias.Length;
        for (int o = 0; o < newBias.Length; o++)
        {
            double scale = At(Scale, o);
            for (int i = o * perOutput; i < (o + 1) * perOutput; i++)
            {
                newWeights[i] = (float)(newWeights[i] * scale);
            }

            newBias[o] = (float)(((bias is null ? 0 : bias.Floats[o]) * scale) + At(Shift, o));
        }

        return (
            Array.TrueForAll(Scale, scale => scale == 1) ? weights : Tensor.FromFloats(weights.Shape, newWeights),
            bias is null && Array.TrueForAll(Shift, shift => shift == 0) ? null : Tensor.FromFloats(new Shape(newBias.Length), newBias));
    }

    private (Tensor Weights, Tensor? Bias) FoldInputs(Tensor weights, Tensor? bias, int taps, Func<int, int> firstInputOf)
    {
        float[] newWeights = weights.Floats.ToArray(), newBias = new float[weights.Shape[0]];
        int perOutput = newWeights.Length / newBias.Length;
        for (int o = 0; o < newBias.Length; o++)
        {
            double sum = bias is null ? 0 : bias.Floats[o];
            for (int i = 0; i < perOutput; i++)
            {
                int channel = firstInputOf(o) + (i / taps);
                ref float weight = ref newWeights[(o * perOutput) + i];
                sum += weight * At(Shift, channel);
                weight = (float)(weight * At(Scale, channel));
            }

            newBias[o] = (float)sum;
        }

        return (
            Tensor.FromFloats(weights.Shape, newWeights),
            bias is null && Array.TrueForAll(Shift, shift => shift == 0) ? null : Tensor.FromFloats(new Shape(newBias.Length), newBias));
    }
}
