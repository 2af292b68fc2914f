using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The mean of each channel over height and width: N x C x H x W becomes N x C x 1 x 1.</summary>
public sealed class GlobalAveragePool : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "GlobalAveragePool";

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
        GlobalAveragePoolReference.Run(input[0] * input[1], LayerChecks.Pixels(input), inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Planes input = lowering.Input(0);
        lowering.Emit(new GlobalAveragePoolProblem(input.Count, input.Length), [input], lowering.Allocate(0));
    }
}
