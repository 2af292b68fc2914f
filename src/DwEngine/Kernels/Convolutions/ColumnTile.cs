using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The counterpart of <see cref="GemmTile{TVector}"/> for the few pixels that are left when a plane is not a multiple of the vector's
/// length, such as the 49th of 7 x 7: here the vector runs over the output channels of a panel, so no lane is spent on pixels that do not
/// exist. The same weights are read, and each output is the same chain of multiply-adds.
/// </summary>
internal static unsafe class ColumnTile<TVector>
    where TVector : struct, IVector<TVector>
{
    private const int Accumulators = 8;

    // Four pixels share two vectors of weights; a single pixel has eight vectors for itself, enough to hide the latency of a multiply-add.
    private const int PixelsTogether = 4;

    /// <summary>
    /// Multiply-adds that <see cref="Run"/> issues for that many pixels of some panels, repeated slices and pixels among them.
    /// </summary>
    public static long IssuedMultiplyAdds(PackedPanels panels, int firstPanel, int endPanel, int count)
    {
        int together = SlicesTogether(count);
        long turns = panels.Panels[firstPanel..endPanel]
            .GroupBy(panel => panel.Height, panel => (panel.RowCount + TVector.Lanes - 1) / TVector.Lanes)
            .Sum(slices => (slices.Sum() + together - 1) / together);
        return turns * ((count + PixelsTogether - 1) / PixelsTogether) * Accumulators * TVector.Lanes * panels.Depth;
    }

    /// <summary>Computes a few pixels of some panels.</summary>
    /// <param name="range">The panels, and what they multiply.</param>
    /// <param name="pixel">The first pixel.</param>
    /// <param name="count">The number of pixels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in PanelRange range, int pixel, int count)
    {
        Slice* slices = stackalloc Slice[Accumulators];
        int together = SlicesTogether(count);
        int filled = 0;
        for (int index = range.First; index < range.End; index++)
        {
            Panel panel = range.Panels.Panels[index];
            float* biases = range.Panels.Biases(range.Group, index);
            for (int row = 0; row < panel.RowCount; row += TVector.Lanes)
            {
                // Slices that are computed together have their weights equally far apart.
                if (filled == together || (filled > 0 && slices[0].Pitch != panel.Height))
                {
                    Compute(slices, filled, range, pixel, count);
                    filled = 0;
                }

                int rows = Math.Min(TVector.Lanes, panel.RowCount - row);
                slices[filled++] = new Slice(biases + row, panel.Height, range.Outputs + panel.FirstRow + row, rows);
            }
        }

        if (filled > 0)
        {
            Compute(slices, filled, range, pixel, count);
        }
    }

    private static int SlicesTogether(int count) => count == 1 ? Accumulators : Accumulators / PixelsTogether;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Compute(Slice* slices, int filled, in PanelRange range, int pixel, int count)
    {
        if (count == 1)
        {
            // Slices that are not filled repeat the first and are not stored.
            for (int i = filled; i < Accumulators; i++)
            {
                slices[i] = slices[0];
            }

            OnePixel(slices, filled, range, pixel);
            return;
        }

        slices[1] = slices[filled - 1];
        for (int done = 0; done < count; done += PixelsTogether)
        {
            FourPixels(slices, filled, range, pixel + done, Math.Min(PixelsTogether, count - done));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OnePixel(Slice* s, int filled, in PanelRange range, nint pixel)
    {
        float** inputs = range.Inputs;
        nint depth = range.Panels.Depth;
        float* w0 = s[0].Weights, w1 = s[1].Weights, w2 = s[2].Weights, w3 = s[3].Weights;
        float* w4 = s[4].Weights, w5 = s[5].Weights, w6 = s[6].Weights, w7 = s[7].Weights;
        TVector a0 = TVector.Load(s[0].Biases), a1 = TVector.Load(s[1].Biases), a2 = TVector.Load(s[2].Biases),
        a3 = TVector.Load(s[3].Biases);
        TVector a4 = TVector.Load(s[4].Biases), a5 = TVector.Load(s[5].Biases), a6 = TVector.Load(s[6].Biases),
        a7 = TVector.Load(s[7].Biases);
        nint pitch = s[0].Pitch, offset = 0;
        for (nint k = 0; k < depth; k++, offset += pitch)
        {
            TVector x = TVector.Broadcast(inputs[k][pixel]);
            TVector.Accumulate(ref a0, TVector.Load(w0 + offset), x);
            TVector.Accumulate(ref a1, TVector.Load(w1 + offset), x);
            TVector.Accumulate(ref a2, TVector.Load(w2 + offset), x);
            TVector.Accumulate(ref a3, TVector.Load(w3 + offset), x);
            TVector.Accumulate(ref a4, TVector.Load(w4 + offset), x);
            TVector.Accumulate(ref a5, TVector.Load(w5 + offset), x);
            TVector.Accumulate(ref a6, TVector.Load(w6 + offset), x);
            TVector.Accumulate(ref a7, TVector.Load(w7 + offset), x);
        }

        TVector low = TVector.Broadcast(range.Epilogue.Clamp.Low), high = TVector.Broadcast(range.Epilogue.Clamp.High);
        float* values = stackalloc float[Accumulators * TVector.Lanes];
        TVector.Store(values, TVector.Clamp(a0, low, high));
        TVector.Store(values + TVector.Lanes, TVector.Clamp(a1, low, high));
        TVector.Store(values + (2 * TVector.Lanes), TVector.Clamp(a2, low, high));
        TVector.Store(values + (3 * TVector.Lanes), TVector.Clamp(a3, low, high));
        TVector.Store(values + (4 * TVector.Lanes), TVector.Clamp(a4, low, high));
        TVector.Store(values + (5 * TVector.Lanes), TVector.Clamp(a5, low, high));
        TVector.Store(values + (6 * TVector.Lanes), TVector.Clamp(a6, low, high));
        TVector.Store(values + (7 * TVector.Lanes), TVector.Clamp(a7, low, high));
        for (int i = 0; i < filled; i++)
        {
            Scatter(s[i], values + (i * TVector.Lanes), pixel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourPixels(Slice* s, int filled, in PanelRange range, nint pixel, int count)
    {
        float** inputs = range.Inputs;
        nint depth = range.Panels.Depth;
        float* w0 = s[0].Weights, w1 = s[1].Weights;
        nint pitch = s[0].Pitch;
        TVector a0 = TVector.Load(s[0].Biases), a1 = a0, a2 = a0, a3 = a0;
        TVector b0 = TVector.Load(s[1].Biases), b1 = b0, b2 = b0, b3 = b0;
        // Pixels that do not exist repeat the last and are not stored.
        nint p1 = Math.Min(1, count - 1), p2 = Math.Min(2, count - 1), p3 = Math.Min(3, count - 1);
        for (nint k = 0; k < depth; k++, w0 += pitch, w1 += pitch)
        {
            float* input = inputs[k] + pixel;
            TVector v0 = TVector.Load(w0), v1 = TVector.Load(w1);
            TVector x = TVector.Broadcast(input[0]);
            TVector.Accumulate(ref a0, v0, x);
            TVector.Accumulate(ref b0, v1, x);
            x = TVector.Broadcast(input[p1]);
            TVector.Accumulate(ref a1, v0, x);
            TVector.Accumulate(ref b1, v1, x);
            x = TVector.Broadcast(input[p2]);
            TVector.Accumulate(ref a2, v0, x);
            TVector.Accumulate(ref b2, v1, x);
            x = TVector.Broadcast(input[p3]);
            TVector.Accumulate(ref a3, v0, x);
            TVector.Accumulate(ref b3, v1, x);
        }

        TVector low = TVector.Broadcast(range.Epilogue.Clamp.Low), high = TVector.Broadcast(range.Epilogue.Clamp.High);
        float* values = stackalloc float[Accumulators * TVector.Lanes];
        TVector.Store(values, TVector.Clamp(a0, low, high));
        TVector.Store(values + TVector.Lanes, TVector.Clamp(a1, low, high));
        TVector.Store(values + (2 * TVector.Lanes), TVector.Clamp(a2, low, high));
        TVector.Store(values + (3 * TVector.Lanes), TVector.Clamp(a3, low, high));
        TVector.Store(values + (4 * TVector.Lanes), TVector.Clamp(b0, low, high));
        TVector.Store(values + (5 * TVector.Lanes), TVector.Clamp(b1, low, high));
        TVector.Store(values + (6 * TVector.Lanes), TVector.Clamp(b2, low, high));
        TVector.Store(values + (7 * TVector.Lanes), TVector.Clamp(b3, low, high));
        for (int i = 0; i < filled; i++)
        {
            for (int j = 0; j < count; j++)
            {
                Scatter(s[i], values + (((i * PixelsTogether) + j) * TVector.Lanes), pixel + j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Scatter(Slice slice, float* values, nint pixel)
    {
        for (int row = 0; row < slice.RowCount; row++)
        {
            slice.Outputs[row][pixel] = values[row];
        }
    }

    // One vector of a panel's rows.
    private readonly struct Slice(float* biases, nint pitch, float** outputs, int rowCount)
    {
        public readonly float* Biases = biases;
        public readonly float* Weights = biases + pitch;
        public readonly nint Pitch = pitch;
        public readonly float** Outputs = outputs;
        public readonly int RowCount = rowCount;
    }
}
