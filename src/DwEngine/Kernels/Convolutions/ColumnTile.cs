using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The counterpart of <see cref="GemmTile{TSimd, TVector}"/> for the few pixels that are left when a plane is not a multiple of the vector's length, such as the 49th of
/// 7 x 7: here the vector runs over the output channels of a panel, so no lane is spent on pixels that do not exist. The same weights are read, and each output is
/// the same chain of multiply-adds.
/// </summary>
internal static unsafe class ColumnTile<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int Accumulators = 8;

    // Four pixels share two vectors of weights; a single pixel has eight vectors for itself, enough to hide the latency of a multiply-add.
    private const int PixelsTogether = 4;

    /// <summary>Multiply-adds that <see cref="Run"/> issues for that many pixels of some panels, repeated slices and pixels among them.</summary>
    public static long IssuedMultiplyAdds(PackedPanels panels, int firstPanel, int endPanel, int count)
    {
        int together = SlicesTogether(count);
        long turns = panels.Panels[firstPanel..endPanel]
            .GroupBy(panel => panel.Height, panel => (panel.RowCount + TSimd.Lanes - 1) / TSimd.Lanes)
            .Sum(slices => (slices.Sum() + together - 1) / together);
        return turns * ((count + PixelsTogether - 1) / PixelsTogether) * Accumulators * TSimd.Lanes * panels.Depth;
    }

    /// <summary>Computes a few pixels of the panels from <paramref name="firstPanel"/> up to <paramref name="endPanel"/>.</summary>
    /// <param name="panels">The packed weights.</param>
    /// <param name="group">The group.</param>
    /// <param name="firstPanel">The first panel.</param>
    /// <param name="endPanel">The panel after the last.</param>
    /// <param name="inputs">Pointers to the input rows.</param>
    /// <param name="pixel">The first pixel.</param>
    /// <param name="count">The number of pixels.</param>
    /// <param name="outputs">Pointers to all output rows of the group.</param>
    /// <param name="clamp">The epilogue.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        PackedPanels panels, int group, int firstPanel, int endPanel, float** inputs, int pixel, int count, float** outputs, Clamp clamp)
    {
        Slice* slices = stackalloc Slice[Accumulators];
        int together = SlicesTogether(count);
        int filled = 0;
        for (int index = firstPanel; index < endPanel; index++)
        {
            Panel panel = panels.Panels[index];
            float* biases = panels.Biases(group, index);
            for (int row = 0; row < panel.RowCount; row += TSimd.Lanes)
            {
                // Slices that are computed together have their weights equally far apart.
                if (filled == together || (filled > 0 && slices[0].Pitch != panel.Height))
                {
                    Compute(slices, filled, inputs, panels.Depth, pixel, count, clamp);
                    filled = 0;
                }

                slices[filled++] = new Slice(
                    biases + row, biases + panel.Height + row, panel.Height, outputs + panel.FirstRow + row, Math.Min(TSimd.Lanes, panel.RowCount - row));
            }
        }

        if (filled > 0)
        {
            Compute(slices, filled, inputs, panels.Depth, pixel, count, clamp);
        }
    }

    private static int SlicesTogether(int count) => count == 1 ? Accumulators : Accumulators / PixelsTogether;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compute(Slice* slices, int filled, float** inputs, nint depth, int pixel, int count, Clamp clamp)
    {
        if (count == 1)
        {
            // Slices that are not filled repeat the first and are not stored.
            for (int i = filled; i < Accumulators; i++)
            {
                slices[i] = slices[0];
            }

            OnePixel(slices, filled, inputs, depth, pixel, clamp);
            return;
        }

        slices[1] = slices[filled - 1];
        for (int done = 0; done < count; done += PixelsTogether)
        {
            FourPixels(slices, filled, inputs, depth, pixel + done, Math.Min(PixelsTogether, count - done), clamp);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OnePixel(Slice* s, int filled, float** inputs, nint depth, nint pixel, Clamp clamp)
    {
        float* w0 = s[0].Weights, w1 = s[1].Weights, w2 = s[2].Weights, w3 = s[3].Weights;
        float* w4 = s[4].Weights, w5 = s[5].Weights, w6 = s[6].Weights, w7 = s[7].Weights;
        TVector a0 = TSimd.Load(s[0].Biases), a1 = TSimd.Load(s[1].Biases), a2 = TSimd.Load(s[2].Biases), a3 = TSimd.Load(s[3].Biases);
        TVector a4 = TSimd.Load(s[4].Biases), a5 = TSimd.Load(s[5].Biases), a6 = TSimd.Load(s[6].Biases), a7 = TSimd.Load(s[7].Biases);
        nint pitch = s[0].Pitch, offset = 0;
        for (nint k = 0; k < depth; k++, offset += pitch)
        {
            TVector x = TSimd.Broadcast(inputs[k][pixel]);
            a0 = TSimd.MultiplyAdd(TSimd.Load(w0 + offset), x, a0);
            a1 = TSimd.MultiplyAdd(TSimd.Load(w1 + offset), x, a1);
            a2 = TSimd.MultiplyAdd(TSimd.Load(w2 + offset), x, a2);
            a3 = TSimd.MultiplyAdd(TSimd.Load(w3 + offset), x, a3);
            a4 = TSimd.MultiplyAdd(TSimd.Load(w4 + offset), x, a4);
            a5 = TSimd.MultiplyAdd(TSimd.Load(w5 + offset), x, a5);
            a6 = TSimd.MultiplyAdd(TSimd.Load(w6 + offset), x, a6);
            a7 = TSimd.MultiplyAdd(TSimd.Load(w7 + offset), x, a7);
        }

        TVector low = TSimd.Broadcast(clamp.Low), high = TSimd.Broadcast(clamp.High);
        float* values = stackalloc float[Accumulators * TSimd.Lanes];
        TSimd.Store(values, TSimd.Clamp(a0, low, high));
        TSimd.Store(values + TSimd.Lanes, TSimd.Clamp(a1, low, high));
        TSimd.Store(values + (2 * TSimd.Lanes), TSimd.Clamp(a2, low, high));
        TSimd.Store(values + (3 * TSimd.Lanes), TSimd.Clamp(a3, low, high));
        TSimd.Store(values + (4 * TSimd.Lanes), TSimd.Clamp(a4, low, high));
        TSimd.Store(values + (5 * TSimd.Lanes), TSimd.Clamp(a5, low, high));
        TSimd.Store(values + (6 * TSimd.Lanes), TSimd.Clamp(a6, low, high));
        TSimd.Store(values + (7 * TSimd.Lanes), TSimd.Clamp(a7, low, high));
        for (int i = 0; i < filled; i++)
        {
            Scatter(s[i], values + (i * TSimd.Lanes), pixel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourPixels(Slice* s, int filled, float** inputs, nint depth, nint pixel, int count, Clamp clamp)
    {
        float* w0 = s[0].Weights, w1 = s[1].Weights;
        nint pitch = s[0].Pitch;
        TVector a0 = TSimd.Load(s[0].Biases), a1 = a0, a2 = a0, a3 = a0;
        TVector b0 = TSimd.Load(s[1].Biases), b1 = b0, b2 = b0, b3 = b0;
        // Pixels that do not exist repeat the last and are not stored.
        nint p1 = Math.Min(1, count - 1), p2 = Math.Min(2, count - 1), p3 = Math.Min(3, count - 1);
        for (nint k = 0; k < depth; k++, w0 += pitch, w1 += pitch)
        {
            float* input = inputs[k] + pixel;
            TVector v0 = TSimd.Load(w0), v1 = TSimd.Load(w1);
            TVector x = TSimd.Broadcast(input[0]);
            a0 = TSimd.MultiplyAdd(v0, x, a0);
            b0 = TSimd.MultiplyAdd(v1, x, b0);
            x = TSimd.Broadcast(input[p1]);
            a1 = TSimd.MultiplyAdd(v0, x, a1);
            b1 = TSimd.MultiplyAdd(v1, x, b1);
            x = TSimd.Broadcast(input[p2]);
            a2 = TSimd.MultiplyAdd(v0, x, a2);
            b2 = TSimd.MultiplyAdd(v1, x, b2);
            x = TSimd.Broadcast(input[p3]);
            a3 = TSimd.MultiplyAdd(v0, x, a3);
            b3 = TSimd.MultiplyAdd(v1, x, b3);
        }

        TVector low = TSimd.Broadcast(clamp.Low), high = TSimd.Broadcast(clamp.High);
        float* values = stackalloc float[Accumulators * TSimd.Lanes];
        TSimd.Store(values, TSimd.Clamp(a0, low, high));
        TSimd.Store(values + TSimd.Lanes, TSimd.Clamp(a1, low, high));
        TSimd.Store(values + (2 * TSimd.Lanes), TSimd.Clamp(a2, low, high));
        TSimd.Store(values + (3 * TSimd.Lanes), TSimd.Clamp(a3, low, high));
        TSimd.Store(values + (4 * TSimd.Lanes), TSimd.Clamp(b0, low, high));
        TSimd.Store(values + (5 * TSimd.Lanes), TSimd.Clamp(b1, low, high));
        TSimd.Store(values + (6 * TSimd.Lanes), TSimd.Clamp(b2, low, high));
        TSimd.Store(values + (7 * TSimd.Lanes), TSimd.Clamp(b3, low, high));
        for (int i = 0; i < filled; i++)
        {
            for (int j = 0; j < count; j++)
            {
                Scatter(s[i], values + (((i * PixelsTogether) + j) * TSimd.Lanes), pixel + j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter(Slice slice, float* values, nint pixel)
    {
        for (int row = 0; row < slice.RowCount; row++)
        {
            slice.Outputs[row][pixel] = values[row];
        }
    }

    // One vector of a panel's rows.
    private readonly struct Slice(float* biases, float* weights, nint pitch, float** outputs, int rowCount)
    {
        public readonly float* Biases = biases;
        public readonly float* Weights = weights;
        public readonly nint Pitch = pitch;
        public readonly float** Outputs = outputs;
        public readonly int RowCount = rowCount;
    }
}
