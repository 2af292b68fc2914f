using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Pooling;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>The largest value under a window. Padding counts as minus infinity, so that it never wins.</summary>
public sealed class MaxPool(Window window) : Pool(window)
{
    /// <inheritdoc/>
    public override string Kind => "MaxPool";

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape input = inputs[0].Shape, shape = InferShapes([input])[0];
        float[] output = NewBuffer(shape);
        MaxPoolReference.Run(Window.For(input[2], input[3]), input[0] * input[1], input[2], input[3], inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        lowering.Emit(
            new MaxPoolProblem(lowering.Input(0).Count, shape[2], shape[3], Window.For(shape[2], shape[3])),
            [lowering.Input(0)],
            lowering.Allocate(0));
    }
}
