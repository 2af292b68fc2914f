using DwEngine.Tensors;

namespace DwEngine.Kernels.Reductions;

/// <summary>
/// Groups of planes reduced: each group, whose planes follow one another, to one number, or to one plane, if the elements at one place of
/// its planes are reduced.
/// </summary>
/// <param name="Operator">What becomes of the numbers.</param>
/// <param name="Type">Float32, or a type of whole numbers for which there is the operator.</param>
/// <param name="Groups">Groups, and output planes.</param>
/// <param name="GroupPlanes">Input planes of a group.</param>
/// <param name="PlaneLength">Elements of an input plane.</param>
/// <param name="KeepsPlanes">Whether an output plane is as long as an input plane; else it is one element.</param>
internal sealed record ReductionProblem(
    ReductionOperator Operator, ElementType Type, int Groups, int GroupPlanes, int PlaneLength, bool KeepsPlanes)
{
    /// <summary>Elements of an output plane.</summary>
    public int OutputLength => KeepsPlanes ? PlaneLength : 1;

    /// <summary>How many numbers become one.</summary>
    public long Count => KeepsPlanes ? GroupPlanes : (long)GroupPlanes * PlaneLength;
}
