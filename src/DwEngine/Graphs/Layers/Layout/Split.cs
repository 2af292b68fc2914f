using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Parts the channels (axis 1) of its input into runs, each an output of its own.</summary>
public sealed class Split : FloatLayer
{
    /// <summary>Creates the layer from the outputs' channel counts.</summary>
    /// <exception cref="GraphException">There is no size, one is not positive, or their sum exceeds 32 bits.</exception>
    public Split(params ImmutableArray<int> sizes)
    {
        if (sizes.IsDefaultOrEmpty || sizes.Any(size => size < 1) || sizes.Sum(size => (long)size) > int.MaxValue)
        {
            throw new GraphException($"a split needs positive sizes; found [{(sizes.IsDefault ? "" : string.Join(", ", sizes))}].");
        }

        Sizes = sizes;
    }

    /// <inheritdoc/>
    public override string Kind => "Split";

    /// <inheritdoc/>
    public override int OutputCount => Sizes.Length;

    /// <summary>Channels of each output.</summary>
    public ImmutableArray<int> Sizes { get; }

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        Shape input = inputs[0];
        LayerChecks.RequireRank(input, 2);
        LayerChecks.RequireChannels(input, Sizes.Sum());
        return [.. Sizes.Select(size => input.With(1, size))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Tensor input = inputs[0];
        ImmutableArray<Shape> shapes = InferShapes([input.Shape]);
        var outputs = ImmutableArray.CreateBuilder<Tensor>(shapes.Length);
        int start = 0;
        foreach (Shape shape in shapes)
        {
            float[] output = NewBuffer(shape);
            ChannelCopyReference.Run(
                shape[0], shape[1], LayerChecks.Pixels(shape), input.Floats, input.Shape[1], start, output, shape[1], 0);
            outputs.Add(Tensor.FromFloats(shape, output));
            start += shape[1];
        }

        return outputs.MoveToImmutable();
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Planes input = lowering.Input(0);
        int start = 0;
        for (int index = 0; index < Sizes.Length; index++)
        {
            int first = start, size = Sizes[index];
            // The features of a matrix lie along its rows.
            lowering.Alias(index, shape.Rank == 2
                ? input.Slice(first, size)
                : input.Select(
                    from image in Enumerable.Range(0, shape[0])
                    from channel in Enumerable.Range(first, size)
                    select (image * shape[1]) + channel));
            start += size;
        }
    }
}
