using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Planewise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>Makes a matrix of its input: the first dimension stays, all others become one. The elements keep their order.</summary>
public sealed class Flatten : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "Flatten";

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs)
    {
        LayerChecks.RequireRank(inputs[0], 1);
        long length = inputs[0].ElementCount / inputs[0][0];
        return length <= int.MaxValue
            ? [new Shape(inputs[0][0], (int)length)]
            : throw new ShapeException($"the rows of input {inputs[0]} have more elements than can be counted in 32 bits.");
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs) =>
        [Tensor.FromFloats(InferShapes([inputs[0].Shape])[0], inputs[0].Floats)];

    internal override void Lower(ILowering lowering)
    {
        Planes input = lowering.Input(0);
        int rows = lowering.OutputShape(0)[0];
        // The elements of a vector lie in one plane; each becomes a row.
        if (input.Count < rows)
        {
            lowering.Alias(0, input.Cut(rows));
            return;
        }

        int pieces = input.Count / rows;
        if (input.TryJoin(pieces) is { } joined)
        {
            lowering.Alias(0, joined);
            return;
        }

        lowering.Emit(new CopyProblem(input.Count, input.Length), [input], lowering.Allocate(0).Cut(pieces));
    }
}
