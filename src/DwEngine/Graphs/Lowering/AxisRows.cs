using System.Collections.Immutable;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>
/// Lowers layers that compute each row along one axis on its own. Kernels take rows that lie in one piece, so the axis becomes the last
/// one and goes back.
/// </summary>
internal static class AxisRows
{
    /// <summary>Emits the kernel and places the outputs.</summary>
    /// <param name="lowering">The plan.</param>
    /// <param name="axis">The axis, counted from the first.</param>
    /// <param name="outputs">The number of outputs.</param>
    /// <param name="outputLength">The length of the axis in each output, which may have dropped an axis of length 1.</param>
    /// <param name="make">Makes the problem of so many rows; each output has a row for each of the input.</param>
    public static void Lower<TProblem>(ILowering lowering, int axis, int outputs, int outputLength, Func<int, TProblem> make)
    {
        Shape shape = lowering.InputShape(0);
        int length = shape[axis];
        bool isLast = axis == shape.Rank - 1;
        ImmutableArray<int> exchange = Exchange(shape, axis);
        var there = Rearrangement.Transpose(shape, exchange);
        (Planes planes, int axes) = lowering.View(0);
        if (!isLast)
        {
            (planes, axes) = there.Place(lowering, planes, axes, lowering.InputFact(0).Type);
        }

        int usual = Planes.StandardAxes(there.Output);
        if (isLast)
        {
            (planes, axes) = (lowering.Input(0, usual), usual);
        }
        else if (axes != usual)
        {
            (planes, axes) = Reshaping.Place(lowering, planes, new Fact(lowering.InputFact(0).Type, there.Output));
            (planes, axes) = axes == usual ? (planes, axes) : (planes.Cut(planes.Length / length), 1);
        }

        Planes rows = planes.Cut(planes.Length / length);
        Shape resultShape = there.Output.With(shape.Rank - 1, outputLength);
        var results = new Planes[outputs];
        for (int i = 0; i < outputs; i++)
        {
            results[i] = lowering.AllocateBetween(new Fact(lowering.OutputFact(i).Type, resultShape), usual);
        }

        lowering.Emit(make(rows.Count), [rows], [.. results.Select(result => result.Cut(result.Length / outputLength))]);
        for (int i = 0; i < outputs; i++)
        {
            (Planes result, axes) = (results[i], usual);
            Shape output = resultShape;
            if (!isLast)
            {
                var back = Rearrangement.Transpose(resultShape, exchange);
                (result, axes) = back.Place(lowering, result, axes, lowering.OutputFact(i).Type);
                output = back.Output;
            }

            if (output != lowering.OutputShape(i))
            {
                (result, axes) = Reshaping.Place(lowering, result, lowering.OutputFact(i));
            }

            lowering.Alias(i, result, axes);
        }
    }

    /// <summary>For each element of a shape without an axis, the places of its row's elements.</summary>
    public static IEnumerable<int[]> Places(Shape shape, int axis)
    {
        int inner = 1;
        for (int i = axis + 1; i < shape.Rank; i++)
        {
            inner *= shape[i];
        }

        int length = shape[axis], outer = (int)(shape.ElementCount / inner / length);
        for (int row = 0; row < outer * inner; row++)
        {
            int first = (row / inner * inner * length) + (row % inner);
            yield return [.. Enumerable.Range(0, length).Select(i => first + (i * inner))];
        }
    }

    // The permutation that exchanges two axes is its own inverse.
    private static ImmutableArray<int> Exchange(Shape shape, int axis)
    {
        int[] order = [.. Enumerable.Range(0, shape.Rank)];
        (order[axis], order[^1]) = (order[^1], order[axis]);
        return [.. order];
    }
}
