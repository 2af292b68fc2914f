namespace DwEngine.Kernels.Convolutions;

/// <summary>
/// How the transformed input of one image lies in memory, in floats: for each of a form's products, and in it for each channel, one number
/// of each tile. Tiles go along the rows of the output.
/// </summary>
internal readonly struct WinogradFactors
{
    // Beyond this the tiles of a channel are transformed in several strips.
    private const int MostTilesOfStrip = 256;

    /// <summary>Lays out the tiles of a form with so many outputs in each direction.</summary>
    public WinogradFactors(ConvolutionGeometry geometry, int outputs)
    {
        int side = outputs + 2;
        TileRows = ((geometry.OutputHeight - 1) / outputs) + 1;
        TileColumns = ((geometry.OutputWidth - 1) / outputs) + 1;
        Tiles = checked(TileRows * TileColumns);
        StripRows = Tiles <= MostTilesOfStrip ? TileRows : Math.Max(1, MostTilesOfStrip / TileColumns);
        // The last vector of a strip reaches beyond it, of the last strip beyond the tiles.
        Pitch = PlaneLayout.RoundUp(StripRows < TileRows ? Tiles + PlaneLayout.ReadAhead : Tiles);
        // A cache line more, so that what lies a pitch apart does not compete for the same places of a cache.
        ProductPitch = checked((nint)((long)geometry.InputChannels * Pitch) + PlaneLayout.ReadAhead);
        Length = checked((nint)(((long)side * side * ProductPitch) + PlaneLayout.ReadAhead));
    }

    /// <summary>Rows of tiles.</summary>
    public int TileRows { get; }

    /// <summary>Tiles in a row.</summary>
    public int TileColumns { get; }

    /// <summary>All tiles.</summary>
    public int Tiles { get; }

    /// <summary>Rows of tiles that are transformed together.</summary>
    public int StripRows { get; }

    /// <summary>From one channel to the next.</summary>
    public nint Pitch { get; }

    /// <summary>From one product to the next.</summary>
    public nint ProductPitch { get; }

    /// <summary>All of it, with what the last vector reaches beyond the last tile.</summary>
    public nint Length { get; }
}
