using System.Runtime.CompilerServices;
using DwEngine.Simd;
using DwEngine.Tensors;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Whole rows of a plane for a depthwise 3x3 convolution with stride 1 and padding 1, as one stream of pixels.</summary>
internal unsafe struct Depthwise3x3Arguments
{
    /// <summary>The input at the first row that is computed.</summary>
    public float* Input;

    /// <summary>The first input that exists, from there: minus a row, or 0 at the plane's upper edge.</summary>
    public int Begin;

    /// <summary>The input after the last that exists: at most a row more than is computed.</summary>
    public int End;

    /// <summary>The output at the first row that is computed.</summary>
    public float* Output;

    /// <summary>Pixels of the rows that are computed.</summary>
    public int Pixels;

    /// <summary>Pixels of a row.</summary>
    public int Width;

    /// <summary>What <see cref="Depthwise3x3Stream{TVector}.ColumnMasks"/> made for at least as many pixels.</summary>
    public float* Masks;

    /// <summary>The taps, kernel row after kernel row, then the bias.</summary>
    public float* Weights;

    /// <summary>What results are clamped to.</summary>
    public Clamp Clamp;
}

/// <summary>
/// Depthwise 3x3 convolution with stride 1 and padding 1 over whole rows, as one stream without regard to them: the taps of the left,
/// middle and right kernel column are summed at their own pixel, then the left and right sums move by one pixel, with those masked away
/// that would come from another row.
/// </summary>
internal static unsafe class Depthwise3x3Stream<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Computes the rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in Depthwise3x3Arguments rows)
    {
        float* input = rows.Input, output = rows.Output, weights = rows.Weights, mask = rows.Masks;
        int lanes = TVector.Lanes, width = rows.Width, pixels = rows.Pixels, begin = rows.Begin, stop = rows.End;
        TVector w0 = TVector.Broadcast(weights[0]), w1 = TVector.Broadcast(weights[1]), w2 = TVector.Broadcast(weights[2]);
        TVector w3 = TVector.Broadcast(weights[3]), w4 = TVector.Broadcast(weights[4]), w5 = TVector.Broadcast(weights[5]);
        TVector w6 = TVector.Broadcast(weights[6]), w7 = TVector.Broadcast(weights[7]), w8 = TVector.Broadcast(weights[8]);
        TVector bias = TVector.Broadcast(weights[9]), low = TVector.Broadcast(rows.Clamp.Low),
        high = TVector.Broadcast(rows.Clamp.High);
        TVector zero = TVector.Broadcast(0), leftBefore = zero, left = zero, middle = zero, right = zero;

        // Each turn sums the columns at one vector and finishes the vector before it, which needs its neighbour on either side.
        for (int i = 0; ; i += lanes)
        {
            TVector nextLeft = zero, nextMiddle = zero, nextRight = zero;
            if (i < pixels)
            {
                TVector above, centre, below;
                if (i - width >= begin && i + width + lanes <= stop)
                {
                    above = TVector.Load(input + i - width);
                    centre = TVector.Load(input + i);
                    below = TVector.Load(input + i + width);
                }
                else
                {
                    above = TVector.LoadRange(input + i - width, begin - i + width, stop - i + width);
                    centre = TVector.LoadRange(input + i, 0, stop - i);
                    below = TVector.LoadRange(input + i + width, 0, stop - i - width);
                }

                nextLeft = TVector.MultiplyAdd(w6, below, TVector.MultiplyAdd(w3, centre, TVector.Multiply(w0, above)));
                nextMiddle = TVector.MultiplyAdd(w7, below, TVector.MultiplyAdd(w4, centre, TVector.MultiplyAdd(w1, above, bias)));
                nextRight = TVector.MultiplyAdd(w8, below, TVector.MultiplyAdd(w5, centre, TVector.Multiply(w2, above)));
            }

            if (i > 0)
            {
                TVector fromLeft = TVector.And(TVector.ShiftUp(leftBefore, left), TVector.Load(mask));
                TVector fromRight = TVector.And(TVector.ShiftDown(right, nextRight), TVector.Load(mask + lanes));
                TVector sum = TVector.Clamp(TVector.Add(middle, TVector.Add(fromLeft, fromRight)), low, high);
                mask += 2 * lanes;
                if (i <= pixels)
                {
                    TVector.Store(output + i - lanes, sum);
                }
                else
                {
                    TVector.StorePartial(output + i - lanes, sum, pixels - i + lanes);
                }

                if (i >= pixels)
                {
                    return;
                }
            }

            leftBefore = left;
            left = nextLeft;
            middle = nextMiddle;
            right = nextRight;
        }
    }

    /// <summary>
    /// Makes, or finds made, for each vector of so many pixels from the start of a row two masks: which of them have a left neighbour in
    /// their row, and which a right one.
    /// </summary>
    public static AlignedBuffer ColumnMasks(int pixels, int width, PackedWeights packed) =>
        packed.Get(typeof(Depthwise3x3Stream<TVector>), $"masks {pixels} {width}", () => MakeColumnMasks(pixels, width));

    private static AlignedBuffer MakeColumnMasks(int pixels, int width)
    {
        int lanes = TVector.Lanes;
        int vectors = (pixels + lanes - 1) / lanes;
        var buffer = new AlignedBuffer((long)vectors * 2 * lanes * sizeof(float));
        int* bits = (int*)buffer.Pointer;
        for (int pixel = 0; pixel < vectors * lanes; pixel++)
        {
            int* pair = bits + ((nint)(pixel / lanes) * 2 * lanes) + (pixel % lanes);
            pair[0] = pixel % width == 0 ? 0 : -1;
            pair[lanes] = pixel % width == width - 1 ? 0 : -1;
        }

        return buffer;
    }
}
