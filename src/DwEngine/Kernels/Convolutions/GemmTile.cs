using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// How many accumulators a tile keeps in registers: <see cref="Rows"/> output channels by <see cref="Vectors"/> vectors of pixels.
/// </summary>
internal interface ITileShape
{
    /// <summary>Output channels, at most 8.</summary>
    static abstract int Rows { get; }

    /// <summary>Vectors of pixels, at most 3.</summary>
    static abstract int Vectors { get; }
}

/// <summary>
/// The register-tiled inner kernel of every dense convolution: <c>output[r][p] = clamp(bias[r] + sum over k of weights[k][r] *
/// input[k][p])</c>. Each output is one chain of multiply-adds in the order of k, so the shape of the tile that computes a pixel does not
/// change its bits.
/// </summary>
internal static unsafe class GemmTile<TVector>
    where TVector : struct, IVector<TVector>
{
    // Weights are read once in their order, through the next panel's; those of a large layer come from far away, faster than the hardware
    // finds out.
    private const int PrefetchDistance = 512;

    /// <summary>Computes one tile.</summary>
    /// <typeparam name="TShape">The tile's shape; with it the JIT drops the accumulators that are not used.</typeparam>
    /// <param name="tile">What it multiplies, and where the results go.</param>
    /// <param name="row">The tile's first row within the panel.</param>
    /// <param name="offset">The tile's first pixel within each row.</param>
    /// <param name="lastLanes">Pixels that exist in the tile's last vector.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<TShape>(in TileArguments tile, nint row, nint offset, int lastLanes)
        where TShape : struct, ITileShape
    {
        float** inputs = tile.Inputs;
        nint depth = tile.Depth, pitch = tile.Pitch;
        float* bias = tile.Biases + row, weights = bias + pitch;
        TVector a00 = TVector.Broadcast(bias[0]), a01 = a00, a02 = a00;
        TVector a10 = TVector.Broadcast(bias[1]), a11 = a10, a12 = a10;
        TVector a20 = TVector.Broadcast(bias[2]), a21 = a20, a22 = a20;
        TVector a30 = TVector.Broadcast(bias[3]), a31 = a30, a32 = a30;
        TVector a40 = default, a41 = default, a42 = default, a50 = default, a51 = default, a52 = default;
        if (TShape.Rows > 4)
        {
            a40 = a41 = a42 = TVector.Broadcast(bias[4]);
            a50 = a51 = a52 = TVector.Broadcast(bias[5]);
        }

        TVector a60 = default, a61 = default, a62 = default, a70 = default, a71 = default, a72 = default;
        if (TShape.Rows > 6)
        {
            a60 = a61 = a62 = TVector.Broadcast(bias[6]);
            a70 = a71 = a72 = TVector.Broadcast(bias[7]);
        }

        for (nint k = 0; k < depth; k++)
        {
            float* input = inputs[k] + offset;
            TVector.Prefetch(weights + PrefetchDistance);
            TVector x0 = TVector.Load(input);
            TVector x1 = TShape.Vectors > 1 ? TVector.Load(input + TVector.Lanes) : default;
            TVector x2 = TShape.Vectors > 2 ? TVector.Load(input + (2 * TVector.Lanes)) : default;

            AddRow<TShape>(ref a00, ref a01, ref a02, x0, x1, x2, weights);
            AddRow<TShape>(ref a10, ref a11, ref a12, x0, x1, x2, weights + 1);
            AddRow<TShape>(ref a20, ref a21, ref a22, x0, x1, x2, weights + 2);
            AddRow<TShape>(ref a30, ref a31, ref a32, x0, x1, x2, weights + 3);
            if (TShape.Rows > 4)
            {
                AddRow<TShape>(ref a40, ref a41, ref a42, x0, x1, x2, weights + 4);
                AddRow<TShape>(ref a50, ref a51, ref a52, x0, x1, x2, weights + 5);
            }

            if (TShape.Rows > 6)
            {
                AddRow<TShape>(ref a60, ref a61, ref a62, x0, x1, x2, weights + 6);
                AddRow<TShape>(ref a70, ref a71, ref a72, x0, x1, x2, weights + 7);
            }

            weights += pitch;
        }

        TVector low = TVector.Broadcast(tile.Low), high = TVector.Broadcast(tile.High);
        float** outputs = tile.Outputs + row;
        nint rows = tile.RowCount - row;
        if (rows > 0)
        {
            Store<TShape>(outputs[0] + offset, lastLanes, a00, a01, a02, low, high);
        }

        if (rows > 1)
        {
            Store<TShape>(outputs[1] + offset, lastLanes, a10, a11, a12, low, high);
        }

        if (rows > 2)
        {
            Store<TShape>(outputs[2] + offset, lastLanes, a20, a21, a22, low, high);
        }

        if (rows > 3)
        {
            Store<TShape>(outputs[3] + offset, lastLanes, a30, a31, a32, low, high);
        }

        if (TShape.Rows > 4)
        {
            if (rows > 4)
            {
                Store<TShape>(outputs[4] + offset, lastLanes, a40, a41, a42, low, high);
            }

            if (rows > 5)
            {
                Store<TShape>(outputs[5] + offset, lastLanes, a50, a51, a52, low, high);
            }
        }

        if (TShape.Rows > 6)
        {
            if (rows > 6)
            {
                Store<TShape>(outputs[6] + offset, lastLanes, a60, a61, a62, low, high);
            }

            if (rows > 7)
            {
                Store<TShape>(outputs[7] + offset, lastLanes, a70, a71, a72, low, high);
            }
        }
    }

    // One multiply-add for each vector of a row. A single one can read the weight from memory itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TShape>(ref TVector a0, ref TVector a1, ref TVector a2, TVector x0, TVector x1, TVector x2, float* weight)
        where TShape : struct, ITileShape
    {
        if (TShape.Vectors == 1)
        {
            TVector.Accumulate(ref a0, x0, weight);
            return;
        }

        TVector w = TVector.Broadcast(*weight);
        TVector.Accumulate(ref a0, w, x0);
        TVector.Accumulate(ref a1, w, x1);
        if (TShape.Vectors > 2)
        {
            TVector.Accumulate(ref a2, w, x2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TShape>(float* output, int lastLanes, TVector a0, TVector a1, TVector a2, TVector low, TVector high)
        where TShape : struct, ITileShape
    {
        if (TShape.Vectors > 1)
        {
            TVector.Store(output, TVector.Clamp(a0, low, high));
            output += TVector.Lanes;
        }

        if (TShape.Vectors > 2)
        {
            TVector.Store(output, TVector.Clamp(a1, low, high));
            output += TVector.Lanes;
        }

        TVector last = TVector.Clamp(TShape.Vectors == 3 ? a2 : TShape.Vectors == 2 ? a1 : a0, low, high);
        if (lastLanes == TVector.Lanes)
        {
            TVector.Store(output, last);
        }
        else
        {
            TVector.StorePartial(output, last, lastLanes);
        }
    }
}
