using DwEngine.Graphs.Lowering;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Layers;

/// <summary>How a shape is parted at an axis.</summary>
internal static class AxisParts
{
    // Shorter planes are not listed one by one, except those of images, whose kernels want them so.
    private const int ShortestPlane = 16;

    /// <summary>The product of all dimensions before an axis.</summary>
    public static int Before(Shape shape, int axis)
    {
        long product = 1;
        for (int i = 0; i < axis; i++)
        {
            product = checked(product * shape[i]);
        }

        return checked((int)product);
    }

    /// <summary>The product of all dimensions after an axis.</summary>
    public static int After(Shape shape, int axis) => checked((int)(shape.ElementCount / shape[axis] / Before(shape, axis)));

    /// <summary>
    /// How many trailing axes should form a plane so that the axis only counts planes; null if it is better off within them.
    /// </summary>
    public static int? TryPlaneAxes(Shape shape, int axis)
    {
        int usual = Planes.StandardAxes(shape), axes = Math.Min(usual, shape.Rank - axis - 1);
        long length = 1;
        for (int i = shape.Rank - axes; i < shape.Rank; i++)
        {
            length *= shape[i];
        }

        return axes > 0 && (length >= ShortestPlane || (axes == usual && shape.Rank > 2 && axis == 1)) ? axes : null;
    }
}
