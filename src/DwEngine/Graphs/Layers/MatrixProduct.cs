using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Kernels.Dense;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The product of two matrices, as <c>numpy.matmul</c> has it: the last two axes are those of matrices, the others broadcast, and a vector
/// is a row on the left and a column on the right, whose axis the result lacks. Both are Float32. A constant matrix on the right is packed
/// once.
/// </summary>
public sealed class MatrixProduct : FloatLayer
{
    /// <inheritdoc/>
    public override string Kind => "MatMul";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <inheritdoc/>
    public override ImmutableArray<Shape> InferShapes(ReadOnlySpan<Shape> inputs) => [Operands.Of(inputs[0], inputs[1]).Output];

    /// <inheritdoc/>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        var operands = Operands.Of(inputs[0].Shape, inputs[1].Shape);
        if (operands.Batch.Rank == 0)
        {
            // Axis 0 of the result is that of the left's rows.
            return inputs[0].Shape.Rank == 2 && inputs[0].Constant is null && inputs[1].Constant is not null;
        }

        int images = operands.Batch[0];
        foreach (Fact input in inputs)
        {
            bool countsImages = input.Shape.Rank - 2 == operands.Batch.Rank && input.Shape[0] == images;
            if (countsImages == input.Constant is not null && images != 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    internal override long MultiplyAdds(ReadOnlySpan<Shape> inputs)
    {
        var operands = Operands.Of(inputs[0], inputs[1]);
        return checked(operands.Batch.ElementCount * operands.Rows * operands.Depth * operands.Columns);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor left, Tensor right) = (inputs[0], inputs[1]);
        var operands = Operands.Of(left.Shape, right.Shape);
        (int rows, int depth, int columns) = (operands.Rows, operands.Depth, operands.Columns);
        float[] output = NewBuffer(operands.Output);
        int[] lefts = Broadcasting.Positions(operands.LeftBatch, operands.Batch, 0);
        int[] rights = Broadcasting.Positions(operands.RightBatch, operands.Batch, 0);
        for (int i = 0; i < lefts.Length; i++)
        {
            MatrixProductReference.Run(
                rows, depth, columns, left.Floats.Slice(lefts[i] * rows * depth, rows * depth),
                right.Floats.Slice(rights[i] * depth * columns, depth * columns), output.AsSpan(i * rows * columns, rows * columns));
        }

        return [Tensor.FromFloats(operands.Output, output)];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape left = lowering.InputShape(0), right = lowering.InputShape(1);
        var operands = Operands.Of(left, right);
        if (lowering.InputFact(1).Constant is { } weights && operands.RightBatch.ElementCount == 1)
        {
            Planes rows = lowering.Input(0), results = lowering.Allocate(0);
            rows = rows.Cut(rows.Length / operands.Depth);
            results = results.Cut(results.Length / operands.Columns);
            var problem = new FullyConnectedProblem(
                weights, rows.Count, operands.Depth, operands.Columns, weights, null, Clamp.None, IsTransposed: true);
            lowering.Emit(problem, [rows], results);
            return;
        }

        Planes lefts = lowering.Input(0, Math.Min(left.Rank, 2)).Select(Broadcasting.Positions(operands.LeftBatch, operands.Batch, 0));
        Planes rights = lowering.Input(1, Math.Min(right.Rank, 2)).Select(Broadcasting.Positions(operands.RightBatch, operands.Batch, 0));
        lowering.Emit(
            new MatrixProductProblem(lefts.Count, operands.Rows, operands.Depth, operands.Columns),
            [lefts, rights],
            lowering.Allocate(0, operands.Output.Rank - operands.Batch.Rank));
    }

    // Both operands as matrices, and the axes before those of matrices.
    private readonly record struct Operands(
        int Rows, int Depth, int Columns, Shape LeftBatch, Shape RightBatch, Shape Batch, Shape Output)
    {
        public static Operands Of(Shape left, Shape right)
        {
            LayerChecks.RequireRank(left, 1);
            LayerChecks.RequireRank(right, 1);
            int rows = left.Rank == 1 ? 1 : left[^2], depth = left[^1];
            int columns = right.Rank == 1 ? 1 : right[^1], height = right.Rank == 1 ? right[0] : right[^2];
            if (depth != height)
            {
                throw new ShapeException($"expected a right operand with {depth} rows for the left's columns, found {left} and {right}.");
            }

            Shape leftBatch = new(left.Dimensions[..Math.Max(0, left.Rank - 2)]);
            Shape rightBatch = new(right.Dimensions[..Math.Max(0, right.Rank - 2)]);
            Shape batch = Broadcasting.ShapeOf([leftBatch, rightBatch]);
            List<int> dimensions = [.. batch.Dimensions];
            if (left.Rank > 1)
            {
                dimensions.Add(rows);
            }

            if (right.Rank > 1)
            {
                dimensions.Add(columns);
            }

            return new Operands(rows, depth, columns, leftBatch, rightBatch, batch, new Shape([.. dimensions]));
        }
    }
}
