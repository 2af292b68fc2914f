using System.Runtime.CompilerServices;
using DwEngine.Simd;

namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// The matrix product behind every dense convolution: some panels of packed weights times input rows, over a range of pixels. Full vectors of pixels go through
/// <see cref="PanelSweep{TSimd, TVector}"/>, the few that are left over through <see cref="ColumnTile{TSimd, TVector}"/>.
/// </summary>
/// <typeparam name="TSimd">The instruction set.</typeparam>
/// <typeparam name="TVector">Its vector.</typeparam>
/// <typeparam name="TNarrow">A vocabulary whose vectors are no longer than a panel is high.</typeparam>
/// <typeparam name="TNarrowVector">Its vector.</typeparam>
internal static unsafe class PanelProduct<TSimd, TVector, TNarrow, TNarrowVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TNarrow : struct, ISimd<TNarrowVector>
    where TNarrowVector : struct
{
    /// <summary>The number of strips that <paramref name="pixels"/> pixels are cut into.</summary>
    public static int Strips(int pixels) =>
        Math.Max(1, (pixels - LeftOver(pixels) + PanelSweep<TSimd, TVector>.TilePixels - 1) / PanelSweep<TSimd, TVector>.TilePixels);

    /// <summary>
    /// Relative cost of <paramref name="pixels"/> pixels for each input row and output row: 1 for a vector of a full strip, more for one of a narrower tile, which
    /// has fewer multiply-adds for each weight that it loads.
    /// </summary>
    public static double Cost(int pixels)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        int vectors = (whole + TSimd.Lanes - 1) / TSimd.Lanes;
        double last = (vectors % 3) switch { 0 => 0, 1 => 1.25, _ => 2.1 };
        return (vectors / 3 * 3) + last + (leftOver * 1.5 / TSimd.Lanes);
    }

    /// <summary>Multiply-adds that some panels of a group issue for a row of <paramref name="pixels"/> pixels if the last strip is computed in one call.</summary>
    public static long IssuedMultiplyAdds(PackedPanels panels, int firstPanel, int endPanel, int pixels)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        return panels.Panels[firstPanel..endPanel].Sum(panel => PanelSweep<TSimd, TVector>.IssuedMultiplyAdds(panel, panels.Depth, whole))
            + ColumnTile<TNarrow, TNarrowVector>.IssuedMultiplyAdds(panels, firstPanel, endPanel, leftOver);
    }

    /// <summary>Computes some panels of some strips. The panels of a strip follow one another, so that the strip's inputs stay in the first-level cache.</summary>
    /// <param name="panels">The packed weights.</param>
    /// <param name="group">The group.</param>
    /// <param name="firstPanel">The first panel.</param>
    /// <param name="endPanel">The panel after the last.</param>
    /// <param name="inputs">Pointers to the input rows.</param>
    /// <param name="outputs">Pointers to all output rows of the group.</param>
    /// <param name="pixels">Pixels of a row.</param>
    /// <param name="firstStrip">The first strip.</param>
    /// <param name="endStrip">The strip after the last.</param>
    /// <param name="clamp">The epilogue.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        PackedPanels panels,
        int group,
        int firstPanel,
        int endPanel,
        float** inputs,
        float** outputs,
        int pixels,
        int firstStrip,
        int endStrip,
        Clamp clamp)
    {
        int leftOver = LeftOver(pixels), whole = pixels - leftOver;
        for (int strip = firstStrip; strip < endStrip; strip++)
        {
            int pixel = strip * PanelSweep<TSimd, TVector>.TilePixels;
            int endPixel = Math.Min(pixel + PanelSweep<TSimd, TVector>.TilePixels, whole);
            for (int index = firstPanel; index < endPanel; index++)
            {
                Panel panel = panels.Panels[index];
                PanelSweep<TSimd, TVector>.Run(
                    panel, panels.Biases(group, index), inputs, panels.Depth, outputs + panel.FirstRow, pixel, endPixel, clamp);
            }
        }

        if (leftOver > 0 && endStrip == Strips(pixels))
        {
            ColumnTile<TNarrow, TNarrowVector>.Run(panels, group, firstPanel, endPanel, inputs, whole, leftOver, outputs, clamp);
        }
    }

    // With vectors of four, several pixels left over cost a vector of pixels no more than a vector of channels for each of them.
    private static int LeftOver(int pixels)
    {
        int rest = pixels % TSimd.Lanes;
        return rest <= (TSimd.Lanes > 4 ? TSimd.Lanes / 2 : 1) ? rest : 0;
    }
}
