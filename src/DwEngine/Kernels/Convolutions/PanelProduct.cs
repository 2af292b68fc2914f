using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The matrix product behind every dense convolution: some panels of packed weights times input rows, over a range of pixels. Full
/// vectors of pixels go through <see cref="PanelSweep{TVector}"/>, the few that are left over through <see cref="ColumnTile{TVector}"/>.
/// </summary>
/// <typeparam name="TVector">The vectors of the instruction set.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high.</typeparam>
internal static unsafe class PanelProduct<TVector, TNarrow>
    where TVector : struct, IVector<TVector>
    where TNarrow : struct, IVector<TNarrow>
{
    /// <summary>The number of strips that <paramref name="pixels"/> pixels are cut into.</summary>
    public static int Strips(int pixels) =>
        Math.Max(1, (pixels - LeftOver(pixels) + PanelSweep<TVector>.TilePixels - 1) / PanelSweep<TVector>.TilePixels);

    /// <summary>
    /// Relative cost of <paramref name="pixels"/> pixels for each input row and output row: 1 for a vector of a full strip, more for one
    /// of a narrower tile, which has fewer multiply-adds for each weight that it loads.
    /// </summary>
    public static double Cost(int pixels)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        int vectors = (whole + TVector.Lanes - 1) / TVector.Lanes;
        double last = (vectors % 3) switch { 0 => 0, 1 => 1.25, _ => 2.1 };
        return (vectors / 3 * 3) + last + (leftOver * 1.5 / TVector.Lanes);
    }

    /// <summary>
    /// Multiply-adds that some panels of a group issue for a row of <paramref name="pixels"/> pixels if the last strip is computed in one
    /// call.
    /// </summary>
    public static long IssuedMultiplyAdds(PackedPanels panels, int firstPanel, int endPanel, int pixels)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        return panels.Panels[firstPanel..endPanel].Sum(panel => PanelSweep<TVector>.IssuedMultiplyAdds(panel, panels.Depth, whole))
            + ColumnTile<TNarrow>.IssuedMultiplyAdds(panels, firstPanel, endPanel, leftOver);
    }

    /// <summary>
    /// Computes some panels of some strips. The panels of a strip follow one another, so that the strip's inputs stay in the first-level
    /// cache.
    /// </summary>
    /// <param name="range">The panels, and what they multiply.</param>
    /// <param name="pixels">Pixels of a row.</param>
    /// <param name="firstStrip">The first strip.</param>
    /// <param name="endStrip">The strip after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run(in PanelRange range, int pixels, int firstStrip, int endStrip)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        bool isFinal = range.Epilogue.IsInRegisters;
        if (isFinal)
        {
            for (int strip = firstStrip; strip < endStrip; strip++)
            {
                int pixel = strip * PanelSweep<TVector>.TilePixels;
                int endPixel = Math.Min(pixel + PanelSweep<TVector>.TilePixels, whole);
                for (int index = range.First; index < range.End; index++)
                {
                    PanelSweep<TVector>.Run(new TileArguments(range, index, outputs: null), pixel, endPixel);
                }
            }
        }
        else
        {
            RunAndFinish(range, whole, firstStrip, endStrip);
        }

        if (leftOver > 0 && endStrip == Strips(pixels))
        {
            ColumnTile<TNarrow>.Run(range, whole, leftOver);
            if (!isFinal)
            {
                range.Finish(range.First, range.End, whole, leftOver);
            }
        }
    }

    // The sums of a tile stay on the stack until they are finished. Were they stored among the outputs, each line of these would be
    // written twice, and those that another worker read last arrive slowly.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void RunAndFinish(in PanelRange range, int whole, int firstStrip, int endStrip)
    {
        int pitch = PanelSweep<TVector>.TilePixels;
        float* memory = stackalloc float[(PackedPanels.MostRows * pitch) + PlaneLayout.ReadAhead];
        float* sums = (float*)PlaneLayout.RoundUpBytes((long)memory);
        float** rows = stackalloc float*[PackedPanels.MostRows];
        for (int strip = firstStrip; strip < endStrip; strip++)
        {
            int pixel = strip * pitch, endPixel = Math.Min(pixel + pitch, whole);
            for (int row = 0; row < PackedPanels.MostRows; row++)
            {
                rows[row] = sums + ((nint)row * pitch) - pixel;
            }

            for (int index = range.First; index < range.End; index++)
            {
                PanelSweep<TVector>.Run(new TileArguments(range, index, rows), pixel, endPixel);
                range.FinishFrom(rows, index, pixel, endPixel - pixel);
            }
        }
    }

    // With vectors of four, several pixels left over cost a vector of pixels no more than a vector of channels for each of them.
    private static int LeftOver(int pixels)
    {
        int rest = pixels % TVector.Lanes;
        return rest <= (TVector.Lanes > 4 ? TVector.Lanes / 2 : 1) ? rest : 0;
    }
}
