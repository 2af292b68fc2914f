using System.Buffers.Binary;
using DwEngine.Files;

namespace DwEngine.Vision.Png;

/// <summary>What the header chunk (IHDR) of a PNG file declares.</summary>
/// <param name="Width">Width in pixels, as stored.</param>
/// <param name="Height">Height in pixels, as stored.</param>
/// <param name="ColourType">0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.</param>
/// <param name="Depth">Bits of a sample.</param>
/// <param name="Interlaced">Whether the pixels come in the seven passes of Adam7.</param>
internal readonly record struct PngHeader(int Width, int Height, int ColourType, int Depth, bool Interlaced)
{
    /// <summary>The colour type whose samples are indices into the palette.</summary>
    public const int PaletteType = 3;

    /// <summary>Deflate turns one byte into at most 1032, and a byte holds at most 8 pixels.</summary>
    private const long MaxPixelsPerByte = 1032 * 8;

    // Adam7 (section 8): first column, first row, column step and row step of each pass.
    private static readonly PngPass[] s_adam7 =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    private static readonly PngPass[] s_once = [new(0, 0, 1, 1)];

    /// <summary>Samples of a pixel.</summary>
    public int Samples => ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Bits of a pixel.</summary>
    public int BitsPerPixel => Samples * Depth;

    /// <summary>The passes that the pixels come in.</summary>
    public PngPass[] Passes => Interlaced ? s_adam7 : s_once;

    /// <summary>Bytes of all rows of all passes; each row begins with a byte that names its filter.</summary>
    public long InflatedLength
    {
        get
        {
            long length = 0;
            foreach (PngPass pass in Passes)
            {
                (int columns, int rows) = (pass.Columns(Width), pass.Rows(Height));
                length += columns == 0 ? 0 : (1 + RowLength(columns)) * rows;
            }

            return length;
        }
    }

    /// <summary>Bytes of a row of so many pixels, without the one that names its filter.</summary>
    public long RowLength(int columns) => (((long)columns * BitsPerPixel) + 7) / 8;

    /// <summary>Reads the chunk.</summary>
    /// <exception cref="FileFormatException">It is malformed, or declares more than the file can hold.</exception>
    public static PngHeader Read(ReadOnlySpan<byte> data, string name, int fileLength)
    {
        const string Location = "header (IHDR)";
        if (data.Length != 13)
        {
            throw new FileFormatException(name, Location, $"{Words.Count(data.Length, "byte")}; 13 were expected");
        }

        long width = BinaryPrimitives.ReadUInt32BigEndian(data);
        long height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        ImageDecoder.CheckSize(name, Location, width, height, MaxPixelsPerByte * fileLength);

        int depth = data[8];
        int colourType = data[9];
        if ((colourType, depth) is not (
            (0, 1 or 2 or 4 or 8 or 16) or (PaletteType, 1 or 2 or 4 or 8) or (2 or 4 or 6, 8 or 16)))
        {
            throw new FileFormatException(
                name, Location, $"colour type {colourType} with {Words.Count(depth, "bit")}; "
                    + "one of the combinations that PNG has was expected");
        }

        if (data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw new FileFormatException(
                name, Location, $"compression {data[10]}, filter {data[11]}, interlacing {data[12]}; 0, 0 and 0 or 1 were expected");
        }

        return new PngHeader((int)width, (int)height, colourType, depth, data[12] == 1);
    }
}

/// <summary>A pass over the picture: every so many columns of every so many rows.</summary>
/// <param name="Column">The first column.</param>
/// <param name="Row">The first row.</param>
/// <param name="ColumnStep">From one column to the next.</param>
/// <param name="RowStep">From one row to the next.</param>
internal readonly record struct PngPass(int Column, int Row, int ColumnStep, int RowStep)
{
    /// <summary>How many columns of a picture of this width the pass has.</summary>
    public int Columns(int width) => (int)(((long)width - Column + ColumnStep - 1) / ColumnStep);

    /// <summary>How many rows of a picture of this height the pass has.</summary>
    public int Rows(int height) => (int)(((long)height - Row + RowStep - 1) / RowStep);
}
