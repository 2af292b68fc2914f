using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>How many accumulators a tile keeps in registers: <see cref="Rows"/> output channels by <see cref="Vectors"/> vectors of pixels.</summary>
internal interface ITileShape
{
    /// <summary>Output channels, at most 8.</summary>
    static abstract int Rows { get; }

    /// <summary>Vectors of pixels, at most 3.</summary>
    static abstract int Vectors { get; }
}

/// <summary>
/// The register-tiled inner kernel of every dense convolution: <c>output[r][p] = clamp(bias[r] + sum over k of weights[k][r] * input[k][p])</c>.
/// Each output is one chain of multiply-adds in the order of k, so the shape of the tile that computes a pixel does not change its bits.
/// </summary>
internal static unsafe class GemmTile<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // Weights are read once in their order, through the next panel's; those of a large layer come from far away, faster than the hardware finds out.
    private const int PrefetchDistance = 512;

    /// <summary>Computes one tile.</summary>
    /// <typeparam name="TShape">The tile's shape; with it the JIT drops the accumulators that are not used.</typeparam>
    /// <param name="inputs">Pointers to the <paramref name="depth"/> input rows.</param>
    /// <param name="offset">The tile's first pixel within each row.</param>
    /// <param name="depth">Input rows.</param>
    /// <param name="weights">The panel's weights: for each k as many as <paramref name="pitch"/>, of which the tile uses the first.</param>
    /// <param name="pitch">Floats from the weights of one k to the next.</param>
    /// <param name="bias">One bias for each row of the tile.</param>
    /// <param name="outputs">Pointers to the output rows.</param>
    /// <param name="rowCount">Output rows that exist; the rest of the tile is padding.</param>
    /// <param name="lastLanes">Pixels that exist in the tile's last vector.</param>
    /// <param name="clamp">The epilogue.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TShape>(
        float** inputs, nint offset, nint depth, float* weights, nint pitch, float* bias, float** outputs, int rowCount, int lastLanes, Clamp clamp)
        where TShape : struct, ITileShape
    {
        TVector a00 = TSimd.Broadcast(bias[0]), a01 = a00, a02 = a00;
        TVector a10 = TSimd.Broadcast(bias[1]), a11 = a10, a12 = a10;
        TVector a20 = TSimd.Broadcast(bias[2]), a21 = a20, a22 = a20;
        TVector a30 = TSimd.Broadcast(bias[3]), a31 = a30, a32 = a30;
        TVector a40 = default, a41 = default, a42 = default, a50 = default, a51 = default, a52 = default;
        if (TShape.Rows > 4)
        {
            a40 = a41 = a42 = TSimd.Broadcast(bias[4]);
            a50 = a51 = a52 = TSimd.Broadcast(bias[5]);
        }

        TVector a60 = default, a61 = default, a62 = default, a70 = default, a71 = default, a72 = default;
        if (TShape.Rows > 6)
        {
            a60 = a61 = a62 = TSimd.Broadcast(bias[6]);
            a70 = a71 = a72 = TSimd.Broadcast(bias[7]);
        }

        for (nint k = 0; k < depth; k++)
        {
            float* input = inputs[k] + offset;
            TSimd.Prefetch(weights + PrefetchDistance);
            TVector x0 = TSimd.Load(input);
            TVector x1 = TShape.Vectors > 1 ? TSimd.Load(input + TSimd.Lanes) : default;
            TVector x2 = TShape.Vectors > 2 ? TSimd.Load(input + (2 * TSimd.Lanes)) : default;

            TVector w0 = TSimd.Broadcast(weights[0]);
            a00 = TSimd.MultiplyAdd(w0, x0, a00);
            a01 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w0, x1, a01) : a01;
            a02 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w0, x2, a02) : a02;
            TVector w1 = TSimd.Broadcast(weights[1]);
            a10 = TSimd.MultiplyAdd(w1, x0, a10);
            a11 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w1, x1, a11) : a11;
            a12 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w1, x2, a12) : a12;
            TVector w2 = TSimd.Broadcast(weights[2]);
            a20 = TSimd.MultiplyAdd(w2, x0, a20);
            a21 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w2, x1, a21) : a21;
            a22 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w2, x2, a22) : a22;
            TVector w3 = TSimd.Broadcast(weights[3]);
            a30 = TSimd.MultiplyAdd(w3, x0, a30);
            a31 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w3, x1, a31) : a31;
            a32 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w3, x2, a32) : a32;
            if (TShape.Rows > 4)
            {
                TVector w4 = TSimd.Broadcast(weights[4]);
                a40 = TSimd.MultiplyAdd(w4, x0, a40);
                a41 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w4, x1, a41) : a41;
                a42 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w4, x2, a42) : a42;
                TVector w5 = TSimd.Broadcast(weights[5]);
                a50 = TSimd.MultiplyAdd(w5, x0, a50);
                a51 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w5, x1, a51) : a51;
                a52 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w5, x2, a52) : a52;
            }

            if (TShape.Rows > 6)
            {
                TVector w6 = TSimd.Broadcast(weights[6]);
                a60 = TSimd.MultiplyAdd(w6, x0, a60);
                a61 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w6, x1, a61) : a61;
                a62 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w6, x2, a62) : a62;
                TVector w7 = TSimd.Broadcast(weights[7]);
                a70 = TSimd.MultiplyAdd(w7, x0, a70);
                a71 = TShape.Vectors > 1 ? TSimd.MultiplyAdd(w7, x1, a71) : a71;
                a72 = TShape.Vectors > 2 ? TSimd.MultiplyAdd(w7, x2, a72) : a72;
            }

            weights += pitch;
        }

        TVector low = TSimd.Broadcast(clamp.Low), high = TSimd.Broadcast(clamp.High);
        Store<TShape>(outputs, 0, rowCount, offset, lastLanes, a00, a01, a02, low, high);
        Store<TShape>(outputs, 1, rowCount, offset, lastLanes, a10, a11, a12, low, high);
        Store<TShape>(outputs, 2, rowCount, offset, lastLanes, a20, a21, a22, low, high);
        Store<TShape>(outputs, 3, rowCount, offset, lastLanes, a30, a31, a32, low, high);
        if (TShape.Rows > 4)
        {
            Store<TShape>(outputs, 4, rowCount, offset, lastLanes, a40, a41, a42, low, high);
            Store<TShape>(outputs, 5, rowCount, offset, lastLanes, a50, a51, a52, low, high);
        }

        if (TShape.Rows > 6)
        {
            Store<TShape>(outputs, 6, rowCount, offset, lastLanes, a60, a61, a62, low, high);
            Store<TShape>(outputs, 7, rowCount, offset, lastLanes, a70, a71, a72, low, high);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TShape>(
        float** outputs, int row, int rowCount, nint offset, int lastLanes, TVector a0, TVector a1, TVector a2, TVector low, TVector high)
        where TShape : struct, ITileShape
    {
        if (row >= rowCount)
        {
            return;
        }

        float* output = outputs[row] + offset;
        if (TShape.Vectors > 1)
        {
            TSimd.Store(output, TSimd.Clamp(a0, low, high));
            output += TSimd.Lanes;
        }

        if (TShape.Vectors > 2)
        {
            TSimd.Store(output, TSimd.Clamp(a1, low, high));
            output += TSimd.Lanes;
        }

        TVector last = TSimd.Clamp(TShape.Vectors == 3 ? a2 : TShape.Vectors == 2 ? a1 : a0, low, high);
        if (lastLanes == TSimd.Lanes)
        {
            TSimd.Store(output, last);
        }
        else
        {
            TSimd.StorePartial(output, last, lastLanes);
        }
    }
}
