using System.Globalization;
using System.Numerics;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels.Reference;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>What the layers share that take elements from where their second input, the indices, says.</summary>
internal static class Lookup
{
    /// <summary>Throws unless the value can be indices: Int64 or Int32, of at least one element.</summary>
    public static void RequireIndices(Fact indices)
    {
        if (indices.Type is not (ElementType.Int64 or ElementType.Int32))
        {
            throw new ShapeException($"expected the indices as Int64 or Int32, found {indices.Typed}.");
        }

        LayerChecks.RequireNotEmpty(indices.Shape);
    }

    /// <summary>Throws unless all indices are positions of axes; they go through the axes again and again.</summary>
    public static void RequirePositions(Tensor indices, params ReadOnlySpan<int> lengths)
    {
        for (int place = 0; place < indices.Shape.ElementCount; place++)
        {
            _ = PositionOf(indices, place, lengths[place % lengths.Length]);
        }
    }

    /// <summary>The position that an index means; a negative one counts from the end.</summary>
    public static int PositionOf(Tensor indices, int place, int length)
    {
        BigInteger index = IntegerReference.Read(indices.Type, indices.Bytes, place);
        return index >= -length && index < length
            ? (int)(index < 0 ? index + length : index)
            : throw new ShapeException(
                $"expected indices from {-length} to {length - 1}, found {index.ToString(CultureInfo.InvariantCulture)}.");
    }

    /// <summary>Elements from one position of each axis to the next.</summary>
    public static int[] StepsOf(Shape shape)
    {
        int[] steps = new int[shape.Rank];
        int step = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            steps[axis] = step;
            step = checked(step * shape[axis]);
        }

        return steps;
    }

    /// <summary>The place in memory of the first element whose first coordinates are those.</summary>
    public static int PlaceOf(Shape shape, ReadOnlySpan<int> coordinates)
    {
        int place = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            place = (place * shape[axis]) + (axis < coordinates.Length ? coordinates[axis] : 0);
        }

        return place;
    }
}
