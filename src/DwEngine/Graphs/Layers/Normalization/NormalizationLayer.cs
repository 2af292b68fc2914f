using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Normalization;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Makes groups of elements have mean 0 and variance 1: (x - mean) / sqrt(variance + epsilon). A second input, if there is one, says by
/// what each result is multiplied, a third what is added then. All are Float32.
/// </summary>
public abstract class NormalizationLayer : FloatLayer
{
    private protected NormalizationLayer(double epsilon) => Epsilon = epsilon >= 0 && double.IsFinite(epsilon)
        ? epsilon
        : throw new GraphException($"expected an epsilon that is not negative, found {epsilon}.");

    /// <inheritdoc/>
    public override int MaximumInputs => 3;

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("epsilon", Epsilon)];

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireNotEmpty(inputs[0]);
        (Shape scales, _, _) = Divide(inputs[0]);
        foreach (Shape input in inputs[1..])
        {
            if (input != scales)
            {
                throw new ShapeException($"expected a scale and a shift of shape {scales} for input {inputs[0]}, found {input}.");
            }
        }

        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        bool isApart = true;
        foreach (Fact input in inputs[1..])
        {
            isApart &= input.Constant is not null;
        }

        return isApart && Divide(inputs[0].Shape).Groups % inputs[0].Shape[0] == 0 && inputs[0].Shape.Rank > 1;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = inputs[0].Shape;
        (Shape scales, int groups, int axes) = Divide(shape);
        float[] output = NewBuffer(shape);
        int size = output.Length / groups, count = (int)scales.ElementCount;
        double[] normed = new double[size];
        for (int group = 0; group < groups; group++)
        {
            NormalizationReference.Run(inputs[0].Floats.Slice(group * size, size), Epsilon, normed);
            for (int i = 0; i < size; i++)
            {
                int element = (group * size) + i, scale = axes < 0 ? i : element / (int)Planes.Divide(shape, axes).Length % count;
                double value = inputs.Length > 1 ? normed[i] * inputs[1].Floats[scale] : normed[i];
                output[element] = (float)(inputs.Length > 2 ? value + inputs[2].Floats[scale] : value);
            }
        }

        return [Tensor.FromFloats(shape, output)];
    }

    internal sealed override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        (Shape scales, int groups, int axes) = Divide(shape);
        int planeAxes = axes < 0 ? scales.Rank : axes;
        List<Planes> inputs = [lowering.Input(0, planeAxes)];
        for (int i = 1; i < lowering.InputCount; i++)
        {
            inputs.Add(lowering.Input(i, scales.Rank));
        }

        ScaleForm form = inputs.Count == 1 ? ScaleForm.None : axes < 0 ? ScaleForm.Elements : ScaleForm.Channels;
        int channels = axes < 0 ? 1 : (int)scales.ElementCount;
        lowering.Emit(
            new NormalizationProblem(groups, inputs[0].Count / groups, inputs[0].Length, form, channels, inputs.Count > 2, Epsilon),
            [.. inputs],
            lowering.Allocate(0, planeAxes));
    }

    /// <summary>
    /// The shape of scales, the number of groups, which follow one another, and the axes of a channel that each scale is of; -1 where each
    /// is of one element of a group.
    /// </summary>
    private protected abstract (Shape Scales, int Groups, int ChannelAxes) Divide(Shape input);
}
