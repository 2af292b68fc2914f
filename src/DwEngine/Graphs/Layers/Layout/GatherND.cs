using System.Collections.Immutable;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels.Layout;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// The parts of its input at positions of several axes (ONNX, operator GatherND). The last axis of the indices says a position in each of
/// the first axes of the input behind the batch's; the output has the other axes of the indices, and then what is left of the input's.
/// Indices are Int64 or Int32 and may be computed in a run; negative ones count from the end. A run that meets an index beyond its axis
/// throws a <see cref="ShapeException"/>.
/// </summary>
/// <param name="batchDimensions">How many first axes input and indices have in common; each index chooses within its own batch.</param>
public sealed class GatherND(int batchDimensions = 0) : LookupLayer
{
    /// <inheritdoc/>
    public override string Kind => "GatherND";

    /// <summary>How many first axes input and indices have in common.</summary>
    public int BatchDimensions { get; } = batchDimensions;

    /// <inheritdoc/>
    public override ImmutableArray<LayerAttribute> Attributes => [new("batch_dims", BatchDimensions)];

    private protected override (int[] Dimensions, int FirstChosen, int ChosenCount) Arrange(Shape data, Shape indices)
    {
        int batch = BatchDimensions;
        if (batch < 0 || batch >= Math.Min(data.Rank, indices.Rank)
            || !data.Dimensions[..batch].SequenceEqual(indices.Dimensions[..batch]))
        {
            throw new ShapeException(
                $"expected indices that begin with the first {Words.Count(batch, "dimension")} of {data} and have at least one more, "
                + $"found {indices}.");
        }

        int count = indices[indices.Rank - 1];
        return count <= data.Rank - batch
            ? ([.. indices.Dimensions[..^1], .. data.Dimensions[(batch + count)..]], batch, count)
            : throw new ShapeException(
                $"expected indices that choose in at most {data.Rank - batch} of the axes of {data}, found {count} ({indices}).");
    }

    private protected override int[] SourceOf(Shape data, Tensor indices, int[] output)
    {
        int outer = indices.Shape.Rank - 1, first = Lookup.PlaceOf(indices.Shape, output.AsSpan()[..outer]);
        IEnumerable<int> chosen = Enumerable.Range(0, indices.Shape[outer]).Select(
            i => Lookup.PositionOf(indices, first + i, data[BatchDimensions + i]));
        return [.. output[..BatchDimensions], .. chosen, .. output[outer..]];
    }

    private protected override ImmutableArray<LookupAxis> AxesOf(Shape data, int[] dataSteps, Shape indices, int[] indexSteps)
    {
        int batch = BatchDimensions, outer = indices.Rank - 1, first = batch + indices[outer];
        return
        [
            .. Enumerable.Range(0, outer).Select(
                axis => new LookupAxis(indices[axis], axis < batch ? dataSteps[axis] : 0, indexSteps[axis])),
            .. Enumerable.Range(first, data.Rank - first).Select(axis => new LookupAxis(data[axis], dataSteps[axis], 0)),
        ];
    }
}
