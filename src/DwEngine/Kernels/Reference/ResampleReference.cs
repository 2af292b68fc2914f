using DwEngine.Kernels.Resampling;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Reference;

/// <summary>Resampling along any axes, naive: each element is the sum over all combinations of the axes' summands.</summary>
internal static class ResampleReference
{
    /// <summary>Computes the output.</summary>
    /// <param name="input">Float32.</param>
    /// <param name="axes">How each axis is made.</param>
    /// <param name="outside">The value of what lies outside along any axis.</param>
    public static Tensor Run(Tensor input, ReadOnlySpan<ResampledAxis> axes, float outside)
    {
        int[] dimensions = new int[axes.Length];
        for (int axis = 0; axis < axes.Length; axis++)
        {
            dimensions[axis] = axes[axis].Outputs;
        }

        var shape = new Shape(dimensions);
        float[] output = new float[shape.ElementCount];
        for (int element = 0; element < output.Length; element++)
        {
            int rest = element;
            bool isOutside = false;
            int[] index = new int[axes.Length];
            for (int axis = axes.Length - 1; axis >= 0; axis--)
            {
                index[axis] = rest % dimensions[axis];
                rest /= dimensions[axis];
                isOutside |= axes[axis].IsOutside[index[axis]];
            }

            output[element] = isOutside ? outside : (float)Sum(input.Floats, axes, index, 0, 0);
        }

        return Tensor.FromFloats(shape, output);
    }

    private static double Sum(ReadOnlySpan<float> input, ReadOnlySpan<ResampledAxis> axes, int[] index, int axis, int offset)
    {
        if (axis == axes.Length)
        {
            return input[offset];
        }

        ResampledAxis along = axes[axis];
        double sum = 0;
        for (int tap = 0; tap < along.Taps; tap++)
        {
            int at = (index[axis] * along.Taps) + tap;
            sum += along.Weights[at] * Sum(input, axes, index, axis + 1, (offset * along.Length) + along.Indices[at]);
        }

        return sum;
    }
}
