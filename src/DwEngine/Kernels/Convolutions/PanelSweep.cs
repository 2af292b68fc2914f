using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>Runs one panel over a range of pixels with the largest tiles that the registers of the instruction set hold.</summary>
internal static unsafe class PanelSweep<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Pixels of the widest tile.</summary>
    public static int TilePixels => 3 * TVector.Lanes;

    // 16 vector registers hold 4 x 3 accumulators, 3 inputs and a weight; 32 hold 8 x 3.
    private static bool HasManyRegisters => TVector.Registers > 16;

    /// <summary>
    /// Multiply-adds that <see cref="Run"/> issues for that many pixels, the lanes beyond the last and the rows that only fill a tile
    /// among them.
    /// </summary>
    /// <remarks>
    /// A tile is a whole number of vectors, so only the last vector of all has lanes to spare. A panel lacks one row at most, so none of
    /// the tiles that it is cut into is left out.
    /// </remarks>
    public static long IssuedMultiplyAdds(Panel panel, int depth, int pixels) =>
        (long)panel.Height * PlaneLayout.RoundUp(pixels, TVector.Lanes) * depth;

    /// <summary>Computes the pixels from <paramref name="first"/> up to <paramref name="end"/> of one panel.</summary>
    /// <param name="tile">What the panel's tiles multiply, and where the results go.</param>
    /// <param name="first">The first pixel.</param>
    /// <param name="end">The pixel after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in TileArguments tile, int first, int end)
    {
        for (int pixel = first; pixel < end; pixel += TilePixels)
        {
            int pixels = Math.Min(TilePixels, end - pixel);
            int vectors = (pixels + TVector.Lanes - 1) / TVector.Lanes;
            int lastLanes = pixels - ((vectors - 1) * TVector.Lanes);
            switch (tile.Pitch)
            {
                case 8 when HasManyRegisters:
                    Tile<Tile8x3, Tile8x2, Tile8x1>(tile, 0, vectors, pixel, lastLanes);
                    break;
                case 6 when HasManyRegisters:
                    Tile<Tile6x3, Tile6x2, Tile6x1>(tile, 0, vectors, pixel, lastLanes);
                    break;
                case 6:
                    // Two vectors at a time, then the third: 6 x 3 accumulators do not fit.
                    Tile<Tile6x2, Tile6x2, Tile6x1>(tile, 0, Math.Min(vectors, 2), pixel, vectors == 3 ? TVector.Lanes : lastLanes);
                    if (vectors == 3)
                    {
                        GemmTile<TVector>.Run<Tile6x1>(tile, 0, pixel + (2 * TVector.Lanes), lastLanes);
                    }

                    break;
                default:
                    for (int row = 0; row < tile.RowCount; row += 4)
                    {
                        Tile<Tile4x3, Tile4x2, Tile4x1>(tile, row, vectors, pixel, lastLanes);
                    }

                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile<TThree, TTwo, TOne>(in TileArguments tile, nint row, int vectors, nint offset, int lastLanes)
        where TThree : struct, ITileShape
        where TTwo : struct, ITileShape
        where TOne : struct, ITileShape
    {
        switch (vectors)
        {
            case 3:
                GemmTile<TVector>.Run<TThree>(tile, row, offset, lastLanes);
                break;
            case 2:
                GemmTile<TVector>.Run<TTwo>(tile, row, offset, lastLanes);
                break;
            default:
                GemmTile<TVector>.Run<TOne>(tile, row, offset, lastLanes);
                break;
        }
    }
}
