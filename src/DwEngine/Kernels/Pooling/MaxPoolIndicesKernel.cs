using System.Runtime.CompilerServices;

namespace DwEngine.Kernels.Pooling;

/// <summary>
/// Where the largest value under each window lies, as Int64: its number among all elements of all planes. Of equal ones the first counts,
/// of NaN too.
/// </summary>
/// <param name="Pool">Planes and window.</param>
/// <param name="ColumnMajor">Whether the pixels of a plane are numbered column by column.</param>
internal sealed record MaxPoolIndicesProblem(MaxPoolProblem Pool, bool ColumnMajor)
{
    /// <summary>The number of a pixel within its plane.</summary>
    public long NumberOf(long row, long column) =>
        ColumnMajor ? (column * Pool.InputHeight) + row : (row * Pool.InputWidth) + column;
}

/// <summary>Looks at pixel after pixel.</summary>
internal sealed unsafe class MaxPoolIndicesKernel(MaxPoolIndicesProblem problem) : BoundKernel
{
    private readonly MaxPoolProblem _pool = problem.Pool;

    public override bool ReadsExactly => true;

    public override int TaskCount => _pool.Planes;

    // A task is one plane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        int height = _pool.Window.OutputHeight(_pool.InputHeight), width = _pool.Window.OutputWidth(_pool.InputWidth);
        for (int plane = first; plane < end; plane++)
        {
            long* output = (long*)arguments.OutputBytes[plane];
            long start = (long)plane * _pool.InputHeight * _pool.InputWidth;
            for (int y = 0; y < height; y++)
            {
                TapRange rows = TapRange.Rows(_pool.Window, y, _pool.InputHeight);
                for (int x = 0; x < width; x++)
                {
                    *output++ = start + Find(arguments.Inputs[plane], rows, TapRange.Columns(_pool.Window, x, _pool.InputWidth));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private long Find(float* plane, TapRange rows, TapRange columns)
    {
        float largest = plane[(nint)((rows.FirstPixel * _pool.InputWidth) + columns.FirstPixel)];
        long found = problem.NumberOf(rows.FirstPixel, columns.FirstPixel);
        for (int i = 0; i < rows.Count; i++)
        {
            long row = rows.FirstPixel + ((long)i * _pool.Window.DilationY);
            for (int j = 0; j < columns.Count; j++)
            {
                long column = columns.FirstPixel + ((long)j * _pool.Window.DilationX);
                float value = plane[(nint)((row * _pool.InputWidth) + column)];
                if (value > largest || (float.IsNaN(value) && !float.IsNaN(largest)))
                {
                    (largest, found) = (value, problem.NumberOf(row, column));
                }
            }
        }

        return found;
    }
}
