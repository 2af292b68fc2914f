using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>
/// How operands of different shapes meet, as in NumPy and ONNX: axes are counted from the last, an axis of length 1 or one that is missing
/// repeats its elements.
/// </summary>
internal static class Broadcasting
{
    // Shorter planes are copied together rather than taken one by one.
    private const int ShortestPlane = 16;

    /// <summary>The shape that operands make together.</summary>
    /// <exception cref="ShapeException">An operand is empty, or two differ in an axis and neither is 1 there.</exception>
    public static Shape ShapeOf(ReadOnlySpan<Fact> inputs)
    {
        int rank = 0;
        foreach (Fact input in inputs)
        {
            rank = Math.Max(rank, input.Shape.Rank);
        }

        Span<int> dimensions = stackalloc int[rank];
        dimensions.Fill(1);
        foreach (Fact input in inputs)
        {
            Shape shape = input.Shape;
            LayerChecks.RequireNotEmpty(shape);
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                ref int dimension = ref dimensions[rank - shape.Rank + axis];
                if (dimension != 1 && shape[axis] != 1 && dimension != shape[axis])
                {
                    string found = string.Join(" and ", inputs.ToArray());
                    throw new ShapeException($"expected inputs that are equal or 1 in each axis, counted from the last, found {found}.");
                }

                dimension = Math.Max(dimension, shape[axis]);
            }
        }

        return new Shape(dimensions);
    }

    /// <summary>Whether image n of the result depends on image n of each operand that is no constant.</summary>
    public static bool KeepsImagesApart(ReadOnlySpan<Fact> inputs)
    {
        Shape output = ShapeOf(inputs);
        foreach (Fact input in inputs)
        {
            bool countsImages = input.Shape.Rank == output.Rank && output.Rank > 0 && input.Shape[0] == output[0];
            if (countsImages == input.Constant is not null && output.Rank > 0 && output[0] != 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// For each plane of the result, if the last <paramref name="axes"/> axes form one, the number of the operand's plane.
    /// </summary>
    public static int[] Positions(Shape input, Shape output, int axes)
    {
        int missing = output.Rank - input.Rank;
        int[] positions = [0];
        for (int axis = 0; axis < output.Rank - axes; axis++)
        {
            int step = 0;
            if (axis >= missing && input[axis - missing] != 1)
            {
                step = 1;
                for (int inner = axis + 1; inner < output.Rank - axes; inner++)
                {
                    step *= input[inner - missing];
                }
            }

            int length = output[axis];
            positions = [.. positions.SelectMany(position => Enumerable.Range(0, length).Select(i => position + (i * step)))];
        }

        return positions;
    }

    /// <summary>
    /// The planes of all inputs of a layer, one for each plane of its result; those of one element count for the whole plane. Operands that
    /// repeat are not copied: their planes occur several times.
    /// </summary>
    public static (Planes[] Operands, int Axes) LayOut(ILowering lowering)
    {
        Shape output = lowering.OutputShape(0);
        int axes = AxesOf(lowering, output);
        var operands = new Planes[lowering.InputCount];
        for (int i = 0; i < operands.Length; i++)
        {
            Shape input = lowering.InputShape(i);
            operands[i] = lowering.Input(i, Math.Min(axes, input.Rank)).Select(Positions(input, output, axes));
        }

        return (operands, axes);
    }

    /// <summary>
    /// All axes but the first where an input of planes of one element lies in one piece for each image; else the axes that form its planes.
    /// </summary>
    public static int JoinedAxes(ILowering lowering, int index)
    {
        (Planes planes, int axes) = lowering.View(index);
        Shape shape = lowering.InputShape(index);
        return shape.Rank > 1 && planes.Length == 1 && planes.Count > 0 && planes.TryJoin(planes.Count / shape[0]) is not null
            ? shape.Rank - 1
            : axes;
    }

    private static int AxesOf(ILowering lowering, Shape output)
    {
        int[] whole = [.. Enumerable.Range(0, lowering.InputCount).Where(i => lowering.InputShape(i) == output)];
        int axes = Planes.StandardAxes(output);
        if (whole.Length == lowering.InputCount && Planes.Divide(output, axes).Length == 1)
        {
            int joined = output.Rank - 1;
            return whole.All(i => JoinedAxes(lowering, i) == joined) ? joined : axes;
        }

        axes = CommonAxes([.. Enumerable.Range(0, lowering.InputCount).Select(i => lowering.InputShape(i))], output);

        foreach (int i in whole)
        {
            (Planes planes, int present) = lowering.View(i);
            bool liesApart = present < axes && planes.TryJoin(planes.Count / Planes.Divide(output, axes).Count) is null;
            axes = liesApart && planes.Length >= ShortestPlane ? present : axes;
        }

        return axes;
    }

    /// <summary>
    /// The most trailing axes, though no more than usual, that form planes of which each operand has a whole one or one element.
    /// </summary>
    public static int CommonAxes(Shape[] inputs, Shape output)
    {
        int axes = Planes.StandardAxes(output);
        while (!inputs.All(input => IsWholeOrOne(input, output, axes)))
        {
            axes--;
        }

        return axes;
    }

    // Whether the last axes are those of the result, or all of length 1.
    private static bool IsWholeOrOne(Shape input, Shape output, int axes)
    {
        bool isWhole = true, isOne = true;
        for (int i = 1; i <= axes; i++)
        {
            int length = i <= input.Rank ? input[input.Rank - i] : 1;
            isWhole &= length == output[output.Rank - i];
            isOne &= length == 1;
        }

        return isWhole || isOne;
    }
}
