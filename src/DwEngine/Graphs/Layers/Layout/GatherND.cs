using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The parts of its input at positions of several axes (ONNX, operator GatherND). The last axis of the indices says a position in each of
/// the first axes of the input behind the batch's; the output has the other axes of the indices, and then what is left of the input's.
/// Indices are Int64 or Int32 and may be computed in a run; negative ones count from the end. A run that meets an index beyond its axis
/// throws a <see cref="ShapeException"/>.
/// </summary>
/// <param name="batchDimensions">How many first axes input and indices have in common; each index chooses within its own batch.</param>
public sealed class GatherND(int batchDimensions = 0) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "GatherND";

    /// <inheritdoc/>
    public override int MinimumInputs => 2;

    /// <inheritdoc/>
    public override int MaximumInputs => 2;

    /// <summary>How many first axes input and indices have in common.</summary>
    public int BatchDimensions { get; } = batchDimensions;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("batch_dims", BatchDimensions)];

    /// <inheritdoc/>
    public override ImmutableArray<Fact> Infer(ReadOnlySpan<Fact> inputs)
    {
        (Fact data, Fact indices) = (inputs[0], inputs[1]);
        LayerChecks.RequireRank(data.Shape, 1);
        Lookup.RequireIndices(indices);
        int batch = BatchDimensions;
        if (batch < 0 || batch >= Math.Min(data.Shape.Rank, indices.Shape.Rank)
            || !data.Shape.Dimensions[..batch].SequenceEqual(indices.Shape.Dimensions[..batch]))
        {
            throw new ShapeException(
                $"expected indices that begin with the first {Words.Count(batch, "dimension")} of {data.Shape} and have at least one more, "
                + $"found {indices.Shape}.");
        }

        int count = indices.Shape[indices.Shape.Rank - 1];
        if (count > data.Shape.Rank - batch)
        {
            throw new ShapeException(
                $"expected indices that choose in at most {data.Shape.Rank - batch} of the axes of {data.Shape}, found {count} "
                + $"({indices.Shape}).");
        }

        if (indices.Constant is { } constant)
        {
            Lookup.RequirePositions(constant, data.Shape.Dimensions.Slice(batch, count));
        }

        int[] dimensions = [.. indices.Shape.Dimensions[..^1], .. data.Shape.Dimensions[(batch + count)..]];
        return dimensions.Length <= Shape.MaxRank
            ? [new Fact(data.Type, new Shape(dimensions))]
            : throw new ShapeException($"{Words.Count(dimensions.Length, "dimension")} are more than {Shape.MaxRank}.");
    }

    /// <summary>No: the first axis of the indices may count anything.</summary>
    public override bool KeepsImagesApart(ReadOnlySpan<Fact> inputs) => false;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Reference(ReadOnlySpan<Tensor> inputs)
    {
        (Tensor data, Tensor indices) = (inputs[0], inputs[1]);
        int outer = indices.Shape.Rank - 1, count = indices.Shape[outer];
        return
        [
            RearrangeReference.Run(data, Infer(LayerChecks.FactsOf(inputs))[0].Shape, output =>
            {
                int first = 0;
                for (int i = 0; i < outer; i++)
                {
                    first = (first * indices.Shape[i]) + output[i];
                }

                IEnumerable<int> chosen = Enumerable.Range(0, count).Select(
                    i => Lookup.PositionOf(indices, (first * count) + i, data.Shape[BatchDimensions + i]));
                return [.. output[..BatchDimensions], .. chosen, .. output[outer..]];
            }),
        ];
    }

    internal override void Lower(ILowering lowering)
    {
        Shape data = lowering.InputShape(0), indices = lowering.InputShape(1);
        int[] dataSteps = Lookup.StepsOf(data), indexSteps = Lookup.StepsOf(indices);
        int batch = BatchDimensions, outer = indices.Rank - 1, first = batch + indices[outer];
        Lookup.Lower(
            lowering,
            [
                .. Enumerable.Range(0, outer).Select(
                    axis => new LookupAxis(indices[axis], axis < batch ? dataSteps[axis] : 0, indexSteps[axis])),
                .. Enumerable.Range(first, data.Rank - first).Select(axis => new LookupAxis(data[axis], dataSteps[axis], 0)),
            ],
            [.. Enumerable.Range(batch, indices[outer]).Select(axis => new ChosenAxis(data[axis], dataSteps[axis]))]);
    }
}
