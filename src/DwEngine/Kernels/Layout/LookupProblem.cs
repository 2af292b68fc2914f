using System.Collections.Immutable;

namespace DwEngine.Kernels.Layout;

/// <summary>An axis of the result of a lookup.</summary>
/// <param name="Length">Its length.</param>
/// <param name="DataStep">Elements of the data from one position to the next.</param>
/// <param name="IndexStep">Indices from one position to the next.</param>
internal readonly record struct LookupAxis(int Length, int DataStep, int IndexStep);

/// <summary>An axis of the data in which indices choose.</summary>
/// <param name="Length">How many positions an index chooses from.</param>
/// <param name="Step">Elements of the data from one such position to the next.</param>
internal readonly record struct ChosenAxis(int Length, int Step);

/// <summary>
/// Elements of one plane of data, at places that a plane of indices says. Negative indices count from the end; a run fails with a
/// <see cref="ShapeException"/> at an index that is none.
/// </summary>
/// <param name="ElementSize">Bytes of an element of the data: 1, 2, 4 or 8.</param>
/// <param name="HasLongIndices">Whether indices are Int64, not Int32.</param>
/// <param name="Axes">The axes of the result, of one plane.</param>
/// <param name="Chosen">The axes in which indices choose: so many indices follow one another for each place.</param>
internal sealed record LookupProblem(
    int ElementSize, bool HasLongIndices, ImmutableArray<LookupAxis> Axes, ImmutableArray<ChosenAxis> Chosen)
{
    /// <summary>Elements of the result.</summary>
    public int Elements => Axes.Aggregate(1, (product, axis) => checked(product * axis.Length));
}
