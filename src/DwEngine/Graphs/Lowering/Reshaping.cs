using DwEngine.Kernels.Planewise;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>
/// Gives a value another shape. The elements keep their order, so this is another reading of the same planes where they allow it.
/// </summary>
internal static class Reshaping
{
    // Cutting planes below this length costs more in addresses than a copy does.
    private const int ShortestPlane = 16;

    /// <summary>The planes of a value in another shape, and how many trailing axes form one.</summary>
    public static (Planes Planes, int Axes) Place(ILowering lowering, Planes planes, Fact output)
    {
        int usual = Planes.StandardAxes(output.Shape);
        foreach (int axes in Candidates(output.Shape, usual))
        {
            long length = LengthOf(output.Shape, axes);
            if (length == planes.Length)
            {
                return (planes, axes);
            }

            if (axes == usual && length > planes.Length && length % planes.Length == 0
                && planes.TryJoin((int)(length / planes.Length)) is { } joined)
            {
                return (joined, axes);
            }
        }

        foreach (int axes in Candidates(output.Shape, usual))
        {
            long length = LengthOf(output.Shape, axes);
            if (length >= ShortestPlane && length < planes.Length && planes.Length % length == 0)
            {
                return (planes.Cut((int)(planes.Length / length)), axes);
            }
        }

        // Once all elements follow one another, any shape is a matter of where planes begin.
        Planes all = lowering.AllocateBetween(output, output.Shape.Rank);
        lowering.EmitBetween(
            new CopyProblem(planes.Count, planes.Length, planes.ElementSize), [planes], all.Cut(planes.Count), output.Shape);
        (int count, _) = Planes.Divide(output.Shape, usual);
        return (all.Cut(count), usual);
    }

    // The usual number of axes, then the others, long planes first.
    private static IEnumerable<int> Candidates(Shape shape, int usual) =>
        Enumerable.Range(0, shape.Rank + 1).Reverse().Where(axes => axes != usual).Prepend(usual);

    private static long LengthOf(Shape shape, int axes)
    {
        long length = 1;
        for (int axis = shape.Rank - axes; axis < shape.Rank; axis++)
        {
            length *= shape[axis];
        }

        return length;
    }
}
