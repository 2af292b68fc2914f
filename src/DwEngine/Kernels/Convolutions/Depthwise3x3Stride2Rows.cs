using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Rows of a plane for a depthwise 3x3 convolution with stride 2 and padding 1.</summary>
internal unsafe struct Depthwise3x3Stride2Arguments
{
    /// <summary>The input row in the middle of the first output's window.</summary>
    public float* Input;

    /// <summary>Whether there is an input row above that one; else it is padding.</summary>
    public bool BeginsAbove;

    /// <summary>Whether the row below the last output's middle one is padding.</summary>
    public bool EndsBelow;

    /// <summary>Pixels of an input row.</summary>
    public int Width;

    /// <summary>The first output row.</summary>
    public float* Output;

    /// <summary>Output rows.</summary>
    public int Rows;

    /// <summary>Pixels of an output row.</summary>
    public int OutputWidth;

    /// <summary>A row of zeros, which stands for the rows of padding.</summary>
    public float* Zeros;

    /// <summary>The taps, kernel row after kernel row, then the bias.</summary>
    public float* Weights;

    /// <summary>What results are clamped to.</summary>
    public Clamp Clamp;
}

/// <summary>
/// Depthwise 3x3 convolution with stride 2 and padding 1, row by row: input columns are parted into even ones, which the middle kernel
/// column sees, and odd ones, which the right column sees at their own output and the left column one output further.
/// </summary>
internal static unsafe class Depthwise3x3Stride2Rows<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Computes the rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in Depthwise3x3Stride2Arguments rows)
    {
        float* centre = rows.Input, output = rows.Output, weights = rows.Weights, zeros = rows.Zeros;
        int lanes = TVector.Lanes, count = rows.Rows, width = rows.Width, outputWidth = rows.OutputWidth;
        bool beginsAbove = rows.BeginsAbove, endsBelow = rows.EndsBelow;
        TVector w0 = TVector.Broadcast(weights[0]), w1 = TVector.Broadcast(weights[1]), w2 = TVector.Broadcast(weights[2]);
        TVector w3 = TVector.Broadcast(weights[3]), w4 = TVector.Broadcast(weights[4]), w5 = TVector.Broadcast(weights[5]);
        TVector w6 = TVector.Broadcast(weights[6]), w7 = TVector.Broadcast(weights[7]), w8 = TVector.Broadcast(weights[8]);
        TVector bias = TVector.Broadcast(weights[9]);
        TVector low = TVector.Broadcast(rows.Clamp.Low), high = TVector.Broadcast(rows.Clamp.High);
        for (int row = 0; row < count; row++, centre += 2 * (nint)width, output += outputWidth)
        {
            float* above = row == 0 && !beginsAbove ? zeros : centre - width;
            float* below = row + 1 == count && endsBelow ? zeros : centre + width;
            TVector leftBefore = TVector.Broadcast(0);
            for (int x = 0; x < outputWidth; x += lanes)
            {
                int column = 2 * x, rest = width - column;
                TVector a0, a1, b0, b1, c0, c1;
                if (rest >= 2 * lanes)
                {
                    a0 = TVector.Load(above + column);
                    a1 = TVector.Load(above + column + lanes);
                    b0 = TVector.Load(centre + column);
                    b1 = TVector.Load(centre + column + lanes);
                    c0 = TVector.Load(below + column);
                    c1 = TVector.Load(below + column + lanes);
                }
                else
                {
                    a0 = TVector.LoadPartial(above + column, rest);
                    b0 = TVector.LoadPartial(centre + column, rest);
                    c0 = TVector.LoadPartial(below + column, rest);
                    a1 = b1 = c1 = TVector.Broadcast(0);
                    if (rest > lanes)
                    {
                        a1 = TVector.LoadPartial(above + column + lanes, rest - lanes);
                        b1 = TVector.LoadPartial(centre + column + lanes, rest - lanes);
                        c1 = TVector.LoadPartial(below + column + lanes, rest - lanes);
                    }
                }

                TVector odd = TVector.Odd(a0, a1), even = TVector.Even(a0, a1);
                TVector left = TVector.Multiply(w0, odd), right = TVector.Multiply(w2, odd);
                TVector middle = TVector.MultiplyAdd(w1, even, bias);
                odd = TVector.Odd(b0, b1);
                even = TVector.Even(b0, b1);
                TVector.Accumulate(ref left, w3, odd);
                TVector.Accumulate(ref middle, w4, even);
                TVector.Accumulate(ref right, w5, odd);
                odd = TVector.Odd(c0, c1);
                even = TVector.Even(c0, c1);
                TVector.Accumulate(ref left, w6, odd);
                TVector.Accumulate(ref middle, w7, even);
                TVector.Accumulate(ref right, w8, odd);

                TVector sum = TVector.Add(TVector.Add(middle, right), TVector.ShiftUp(leftBefore, left));
                leftBefore = left;
                sum = TVector.Clamp(sum, low, high);
                if (outputWidth - x >= lanes)
                {
                    TVector.Store(output + x, sum);
                }
                else
                {
                    TVector.StorePartial(output + x, sum, outputWidth - x);
                }
            }
        }
    }
}
