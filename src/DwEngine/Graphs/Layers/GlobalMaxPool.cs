using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The largest value of each channel over height and width: N x C x H x W becomes N x C x 1 x 1. NaN wins over every number.
/// </summary>
public sealed class GlobalMaxPool : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "GlobalMaxPool";

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireImage(inputs[0]);
        return [new Shape(inputs[0][0], inputs[0][1], 1, 1)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = InferShapes([input])[0];
        float[] output = NewBuffer(shape);
        MaxPoolReference.Run(new Window(input[2], input[3]), input[0] * input[1], input[2], input[3], inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        Planes input = lowering.Input(0);
        lowering.Emit(
            new MaxPoolProblem(input.Count, shape[2], shape[3], new Window(shape[2], shape[3])), [input], lowering.Allocate(0));
    }
}
