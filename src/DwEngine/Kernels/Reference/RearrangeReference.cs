using DwEngine.Tensors;

namespace DwEngine.Kernels.Reference;

/// <summary>Copies elements of any type one by one.</summary>
internal static class RearrangeReference
{
    /// <summary>Computes an output each of whose elements is one of the inputs', or the fill value.</summary>
    /// <param name="input">What is copied.</param>
    /// <param name="shape">The output's shape.</param>
    /// <param name="source">Tells the input's index for an output's index, or null for the fill value.</param>
    /// <param name="fill">The bytes of the fill value; null for zeros.</param>
    public static Tensor Run(Tensor input, Shape shape, Func<int[], int[]?> source, byte[]? fill = null)
    {
        int size = input.Type.Size();
        byte[] output = new byte[checked(shape.ElementCount * size)];
        int[] index = new int[shape.Rank];
        for (long element = 0; element < shape.ElementCount; element++)
        {
            Span<byte> target = output.AsSpan(checked((int)(element * size)), size);
            if (source(index) is { } place)
            {
                input.Bytes.Slice(checked((int)(OffsetOf(input.Shape, place) * size)), size).CopyTo(target);
            }
            else
            {
                fill?.CopyTo(target);
            }

            Advance(index, shape);
        }

        return Tensor.FromBytes(input.Type, shape, output);
    }

    private static long OffsetOf(Shape shape, int[] index)
    {
        long offset = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            offset = (offset * shape[axis]) + index[axis];
        }

        return offset;
    }

    private static void Advance(int[] index, Shape shape)
    {
        for (int axis = shape.Rank - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
        {
            index[axis] = 0;
        }
    }
}
