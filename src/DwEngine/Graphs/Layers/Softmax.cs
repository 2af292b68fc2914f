using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>exp(x) over the sum of exp(x) along the last axis.</summary>
public sealed class Softmax : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "Softmax";

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        Shape shape = InferShapes([inputs[0].Shape])[0];
        float[] output = NewBuffer(shape);
        int length = shape[shape.Rank - 1];
        SoftmaxReference.Run(output.Length / length, length, inputs[0].Floats, output);
        return [Tensor.FromFloats(shape, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape shape = lowering.InputShape(0);
        int rows = lowering.Input(0).Length / shape[shape.Rank - 1];
        Planes input = lowering.Input(0).Cut(rows);
        lowering.Emit(new SoftmaxProblem(input.Count, input.Length), [input], lowering.Allocate(0).Cut(rows));
    }
}
