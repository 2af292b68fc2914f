using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// Channel shuffle (Zhang et al., "ShuffleNet", arXiv 1707.01083, section 3.1): channel g * (C / groups) + c of the input becomes channel
/// c * groups + g of the output.
/// </summary>
public sealed class ChannelShuffle(int groups) : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "ChannelShuffle";

    /// <summary>The number of groups, of which the channels must be a multiple.</summary>
    public int Groups { get; } = groups >= 1 ? groups : throw new GraphException($"expected at least 1 group, found {groups}.");

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("groups", Groups)];

    /// <inheritdoc/>
    public override string Details => $"{Groups} groups";

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 2);
        return inputs[0][1] % Groups == 0
            ? [inputs[0]]
            : throw new ShapeException($"expected channels that are a multiple of {Groups}, found {inputs[0][1]} (input {inputs[0]}).");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = InferShapes([inputs[0].Shape])[0];
        float[] output = NewBuffer(shape);
        ChannelShuffleReference.Run(shape[0], shape[1], Groups, LayerChecks.Pixels(shape), inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        int size = shape[1] / Groups;
        IEnumerable<int> order =
            from image in Enumerable.Range(0, shape[0])
            from channel in Enumerable.Range(0, shape[1])
            select (image * shape[1]) + (channel % Groups * size) + (channel / Groups);
        if (shape.Rank > 2)
        {
            lowering.Alias(0, lowering.Input(0).Select(order));
            return;
        }

        // The features of a matrix lie along its rows; each becomes a plane of one element.
        lowering.Emit(
            new CopyProblem(shape[0] * shape[1], 1),
            [lowering.Input(0).Cut(shape[1]).Select(order)],
            lowering.Allocate(0).Cut(shape[1]));
    }
}
