using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The kernel and the stride of a square depthwise window, as a type parameter: the JIT drops what a smaller one does not need.
/// </summary>
internal interface IDepthwiseShape
{
    /// <summary>Rows and columns of the kernel: 3, 5 or 7.</summary>
    static abstract int Kernel { get; }

    /// <summary>Rows and columns between neighbouring outputs: 1 or 2.</summary>
    static abstract int Stride { get; }
}

/// <summary>Where a tile of a depthwise convolution reads and writes.</summary>
internal unsafe struct DepthwiseTileArguments
{
    /// <summary>The rows of the input with their padding at the left, parted into the phases of the stride.</summary>
    public float* Rows;

    /// <summary>Floats from one phase of a row to the next; a row has as many phases as the stride.</summary>
    public nint Pitch;

    /// <summary>The output plane.</summary>
    public float* Output;

    /// <summary>The taps, kernel row after kernel row, then the bias.</summary>
    public float* Weights;

    /// <summary>Rows of the input.</summary>
    public int InputHeight;

    /// <summary>Rows of padding above the input.</summary>
    public int PadTop;

    /// <summary>Rows of the output.</summary>
    public int OutputHeight;

    /// <summary>Columns of the output.</summary>
    public int OutputWidth;

    /// <summary>What results are clamped to.</summary>
    public Clamp Clamp;
}

/// <summary>
/// A strip of columns, one vector wide, of a depthwise convolution. It goes down the input once: each row is read for each kernel column
/// and added to all outputs that see it, which stay in registers until they have seen their last row. Each output is one chain of
/// multiply-adds, kernel row after kernel row; rows of padding are left out of it.
/// </summary>
internal static unsafe class DepthwiseTile<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Computes the strip.</summary>
    /// <typeparam name="TShape">The window.</typeparam>
    /// <param name="tile">Where it reads and writes.</param>
    /// <param name="column">The strip's first output column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<TShape>(in DepthwiseTileArguments tile, int column)
        where TShape : struct, IDepthwiseShape
    {
        float* weights = tile.Weights, rows = tile.Rows + column, output = tile.Output + column;
        nint pitch = tile.Pitch;
        int height = tile.InputHeight, lanes = Math.Min(TVector.Lanes, tile.OutputWidth - column);
        int live = (TShape.Kernel + TShape.Stride - 1) / TShape.Stride;
        TVector bias = TVector.Broadcast(weights[TShape.Kernel * TShape.Kernel]);
        TVector low = TVector.Broadcast(tile.Clamp.Low), high = TVector.Broadcast(tile.Clamp.High);

        // Number j is the output whose kernel row j * stride, and for a stride of 2 the one below it, sees what is read now.
        TVector a0 = bias, a1 = bias, a2 = bias, a3 = bias, a4 = bias, a5 = bias, a6 = bias;
        for (int step = 0; step < tile.OutputHeight + live - 1; step++)
        {
            int row = (step * TShape.Stride) - tile.PadTop;
            if ((uint)row < (uint)height)
            {
                Add<TShape>(
                    rows + (row * TShape.Stride * pitch), pitch, weights, 0, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
            }

            if (TShape.Stride > 1 && (uint)(row + 1) < (uint)height)
            {
                Add<TShape>(
                    rows + ((row + 1) * TShape.Stride * pitch), pitch, weights, 1, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
            }

            int done = step - live + 1;
            TVector last = live == 7 ? a6 : live == 5 ? a4 : live == 4 ? a3 : live == 3 ? a2 : a1;
            if (done >= 0)
            {
                float* target = output + ((nint)done * tile.OutputWidth);
                if (lanes == TVector.Lanes)
                {
                    TVector.Store(target, TVector.Clamp(last, low, high));
                }
                else
                {
                    TVector.StorePartial(target, TVector.Clamp(last, low, high), lanes);
                }
            }

            a6 = a5;
            a5 = a4;
            a4 = a3;
            a3 = a2;
            a2 = a1;
            a1 = a0;
            a0 = bias;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TShape>(
        float* row, nint pitch, float* weights, int phase,
        ref TVector a0, ref TVector a1, ref TVector a2, ref TVector a3, ref TVector a4, ref TVector a5, ref TVector a6)
        where TShape : struct, IDepthwiseShape
    {
        weights += phase * TShape.Kernel;
        AddTap<TShape>(TVector.Load(row), weights, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
        AddTap<TShape>(
            TVector.Load(At<TShape>(row, pitch, 1)), weights + 1, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
        AddTap<TShape>(
            TVector.Load(At<TShape>(row, pitch, 2)), weights + 2, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
        if (TShape.Kernel > 3)
        {
            AddTap<TShape>(
                TVector.Load(At<TShape>(row, pitch, 3)), weights + 3, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
            AddTap<TShape>(
                TVector.Load(At<TShape>(row, pitch, 4)), weights + 4, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
        }

        if (TShape.Kernel > 5)
        {
            AddTap<TShape>(
                TVector.Load(At<TShape>(row, pitch, 5)), weights + 5, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
            AddTap<TShape>(
                TVector.Load(At<TShape>(row, pitch, 6)), weights + 6, phase, ref a0, ref a1, ref a2, ref a3, ref a4, ref a5, ref a6);
        }
    }

    // Where a kernel column sees the first output column of the strip.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* At<TShape>(float* row, nint pitch, int kernelColumn)
        where TShape : struct, IDepthwiseShape =>
        TShape.Stride == 1 ? row + kernelColumn : row + (kernelColumn % 2 * pitch) + (kernelColumn / 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTap<TShape>(
        TVector x, float* weight, int phase,
        ref TVector a0, ref TVector a1, ref TVector a2, ref TVector a3, ref TVector a4, ref TVector a5, ref TVector a6)
        where TShape : struct, IDepthwiseShape
    {
        int next = TShape.Stride * TShape.Kernel;
        int live = (TShape.Kernel - phase + TShape.Stride - 1) / TShape.Stride;
        TVector.Accumulate(ref a0, x, weight);
        if (live > 1)
        {
            TVector.Accumulate(ref a1, x, weight + next);
        }

        if (live > 2)
        {
            TVector.Accumulate(ref a2, x, weight + (2 * next));
        }

        if (live > 3)
        {
            TVector.Accumulate(ref a3, x, weight + (3 * next));
        }

        if (live > 4)
        {
            TVector.Accumulate(ref a4, x, weight + (4 * next));
        }

        if (live > 5)
        {
            TVector.Accumulate(ref a5, x, weight + (5 * next));
            TVector.Accumulate(ref a6, x, weight + (6 * next));
        }
    }
}
