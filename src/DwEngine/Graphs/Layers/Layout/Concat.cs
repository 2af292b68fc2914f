using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Puts the channels (axis 1) of its inputs one after the other; all other dimensions must agree.</summary>
public sealed class Concat : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "Concat";

    /// <inheritdoc/>
    public override int MaximumInputs => int.MaxValue;

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        long channels = 0;
        foreach (Shape input in inputs)
        {
            LayerChecks.RequireRank(input, 2);
            if (input.Rank != inputs[0].Rank || input.With(1, inputs[0][1]) != inputs[0])
            {
                throw new ShapeException($"expected inputs that differ in axis 1 only, found {inputs[0]} and {input}.");
            }

            channels += input[1];
        }

        return channels <= int.MaxValue
            ? [inputs[0].With(1, (int)channels)]
            : throw new ShapeException($"{channels} channels are more than can be counted in 32 bits.");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        var shapes = new Shape[inputs.Length];
        for (int i = 0; i < shapes.Length; i++)
        {
            shapes[i] = inputs[i].Shape;
        }

        Shape shape = InferShapes(shapes)[0];
        float[] output = NewBuffer(shape);
        int start = 0;
        foreach (Tensor input in inputs)
        {
            int channels = input.Shape[1];
            ChannelCopyReference.Run(
                shape[0], channels, LayerChecks.Pixels(shape), input.Floats, channels, 0, output, shape[1], start);
            start += channels;
        }

        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.OutputShape(0);
        int inputs = lowering.InputCount;
        if (shape.Rank > 2)
        {
            lowering.Alias(0, Planes.Merge(
                from image in Enumerable.Range(0, shape[0])
                from index in Enumerable.Range(0, inputs)
                let channels = lowering.InputShape(index)[1]
                select lowering.Input(index).Select(Enumerable.Range(image * channels, channels))));
            return;
        }

        // The features of a matrix lie along its rows.
        Planes output = lowering.Allocate(0);
        int start = 0;
        for (int index = 0; index < inputs; index++)
        {
            Planes input = lowering.Input(index);
            lowering.Emit(new CopyProblem(input.Count, input.Length), [input], output.Slice(start, input.Length));
            start += input.Length;
        }
    }
}
