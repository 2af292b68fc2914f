using System.Runtime.CompilerServices;

namespace DwEngine.Kernels.Pooling;

/// <summary>How the pixels under a window are reduced, one after the other.</summary>
internal interface IPoolReduction
{
    /// <summary>What is begun with.</summary>
    static abstract double Start { get; }

    /// <summary>The reduction of what has been reduced and one more pixel.</summary>
    static abstract double Add(double reduced, float pixel);
}

/// <summary>
/// Pooling pixel by pixel over the taps that fall on pixels. It needs no scratch memory, so it serves windows of too many taps to be
/// gathered.
/// </summary>
internal abstract unsafe class DirectPool<TReduction>(PoolProblem problem) : BoundKernel
    where TReduction : struct, IPoolReduction
{
    private readonly int _height = problem.Window.OutputHeight(problem.InputHeight);
    private readonly int _width = problem.Window.OutputWidth(problem.InputWidth);

    public override bool ReadsExactly => true;

    public override int TaskCount => problem.Planes;

    // A task is one plane.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public override void Run(in KernelArguments arguments, int first, int end)
    {
        for (int plane = first; plane < end; plane++)
        {
            float* output = arguments.Outputs[plane];
            for (int y = 0; y < _height; y++)
            {
                TapRange rows = TapRange.Rows(problem.Window, y, problem.InputHeight);
                for (int x = 0; x < _width; x++)
                {
                    TapRange columns = TapRange.Columns(problem.Window, x, problem.InputWidth);
                    *output++ = Finish(Reduce(arguments.Inputs[plane], rows, columns), y, x);
                }
            }
        }
    }

    /// <summary>The result at a place of the output.</summary>
    protected abstract float Finish(double reduced, int row, int column);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private double Reduce(float* plane, TapRange rows, TapRange columns)
    {
        double reduced = TReduction.Start;
        for (int i = 0; i < rows.Count; i++)
        {
            float* input = plane
                + (nint)(((rows.FirstPixel + ((long)i * problem.Window.DilationY)) * problem.InputWidth) + columns.FirstPixel);
            for (int j = 0; j < columns.Count; j++)
            {
                reduced = TReduction.Add(reduced, input[(nint)j * problem.Window.DilationX]);
            }
        }

        return reduced;
    }
}
