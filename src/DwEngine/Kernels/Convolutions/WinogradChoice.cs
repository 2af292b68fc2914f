namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// Which convolutions Winograd's forms compute. The rule knows shapes alone: were it to look at the instruction set or at a clock, the
/// bits would depend on the machine.
/// </summary>
internal static class WinogradChoice
{
    // With fewer channels the transforms cost more than the multiply-adds that they save; with fewer pixels the tiles of the form do not
    // fill vectors. Larger tiles than four outputs wide would lose more digits than a sum of float32 does.
    private const int FewestChannelsOf4 = 16;
    private const int FewestPixelsOf4 = 144;
    private const int FewestChannelsOf2 = 24;
    private const int FewestPixelsOf2 = 36;

    // Of one row or column, a tile computes more than it saves.
    private const int ShortestSide = 2;

    // Floats of the transformed weights, and of the transformed input of an image.
    private const long MostWeights = 1 << 25;
    private const long MostFactors = 1 << 26;

    /// <summary>The outputs in one direction of the tiles of the form to take; 0 for none.</summary>
    public static int OutputsFor(in ConvolutionGeometry geometry)
    {
        Window window = geometry.Window;
        bool suits = window is { KernelHeight: 3, KernelWidth: 3, StrideY: 1, StrideX: 1, DilationY: 1, DilationX: 1 }
            && geometry.Groups == 1
            && Math.Min(geometry.OutputHeight, geometry.OutputWidth) >= ShortestSide;
        if (!suits)
        {
            return 0;
        }

        long pixels = (long)geometry.OutputHeight * geometry.OutputWidth;
        int channels = Math.Min(geometry.InputChannels, geometry.OutputChannels);
        int outputs = pixels >= FewestPixelsOf4 && channels >= FewestChannelsOf4 ? 4
            : pixels >= FewestPixelsOf2 && channels >= FewestChannelsOf2 ? 2 : 0;
        if (outputs == 0)
        {
            return 0;
        }

        // A tile of which only a row or a column is used takes as much memory as a whole one.
        long products = (outputs + 2L) * (outputs + 2) * geometry.InputChannels;
        long tiles = ((geometry.OutputHeight - 1L) / outputs + 1) * ((geometry.OutputWidth - 1L) / outputs + 1);
        return products * geometry.OutputChannels <= MostWeights && products * tiles <= MostFactors ? outputs : 0;
    }
}
