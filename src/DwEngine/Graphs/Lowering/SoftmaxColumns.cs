using DwEngine.Kernels.Dense;
using DwEngine.Tensors;

namespace DwEngine.Graphs.Lowering;

/// <summary>Lowers softmax along an axis that counts planes: what lies behind the axis is a plane, and nothing is moved.</summary>
internal static class SoftmaxColumns
{
    // Shorter planes fill too little of a vector.
    private const int ShortestPlane = 4;

    /// <summary>Emits the kernel. False if planes are too short to be worth it.</summary>
    /// <param name="lowering">The plan.</param>
    /// <param name="axis">The axis, counted from the first.</param>
    /// <param name="isLogarithm">Whether the logarithm is wanted.</param>
    public static bool TryLower(ILowering lowering, int axis, bool isLogarithm)
    {
        Shape shape = lowering.InputShape(0);
        int axes = shape.Rank - axis - 1;
        (int count, int length) = Planes.Divide(shape, axes);
        if (axes == 0 || length < ShortestPlane)
        {
            return false;
        }

        lowering.Emit(
            new SoftmaxColumnsProblem(count / shape[axis], shape[axis], length, isLogarithm),
            [lowering.Input(0, axes)],
            lowering.Allocate(0, axes));
        return true;
    }
}
