using System.Buffers.Binary;

namespace DwEngine.Images;

/// <summary>The orientation tag of EXIF (CIPA DC-008, tag 0x0112): how the stored image must be turned to stand upright.</summary>
internal static class ExifOrientation
{
    /// <summary>The stored image stands upright.</summary>
    public const int Upright = 1;

    private const ushort OrientationTag = 0x0112;
    private const ushort ShortType = 3;
    private const int EntrySize = 12;

    /// <summary>
    /// Reads the tag from an EXIF block, which is a TIFF header and its first directory. A block that is malformed or
    /// lacks the tag says nothing about the image, so it counts as upright.
    /// </summary>
    /// <param name="tiff">The block, from the byte order mark on.</param>
    /// <returns>1 to 8.</returns>
    public static int Parse(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
        {
            return Upright;
        }

        bool littleEndian = tiff.StartsWith("II*\0"u8);
        if (!littleEndian && !tiff.StartsWith("MM\0*"u8))
        {
            return Upright;
        }

        uint directory = littleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..])
            : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > (uint)tiff.Length - 2)
        {
            return Upright;
        }

        ReadOnlySpan<byte> entries = tiff[(int)directory..];
        int count = ReadShort(entries, littleEndian);
        entries = entries[2..];
        for (; count > 0 && entries.Length >= EntrySize; count--, entries = entries[EntrySize..])
        {
            if (ReadShort(entries, littleEndian) == OrientationTag && ReadShort(entries[2..], littleEndian) == ShortType)
            {
                int value = ReadShort(entries[8..], littleEndian);
                return value is >= 1 and <= 8 ? value : Upright;
            }
        }

        return Upright;
    }

    /// <summary>Turns and mirrors the stored image so that it stands upright.</summary>
    /// <param name="stored">The image as stored.</param>
    /// <param name="orientation">1 to 8, the value of the tag.</param>
    public static RgbImage Apply(RgbImage stored, int orientation)
    {
        if (orientation == Upright)
        {
            return stored;
        }

        int storedWidth = stored.Width;
        int storedHeight = stored.Height;
        int lastColumn = storedWidth - 1;
        int lastRow = storedHeight - 1;

        // Where the upright image's first pixel is stored, and the stored steps for one column right and one row down.
        (int column, int row, int columnRight, int rowRight, int columnDown, int rowDown) = orientation switch
        {
            2 => (lastColumn, 0, -1, 0, 0, 1),
            3 => (lastColumn, lastRow, -1, 0, 0, -1),
            4 => (0, lastRow, 1, 0, 0, -1),
            5 => (0, 0, 0, 1, 1, 0),
            6 => (0, lastRow, 0, -1, 1, 0),
            7 => (lastColumn, lastRow, 0, -1, -1, 0),
            8 => (lastColumn, 0, 0, 1, -1, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(orientation), orientation, "EXIF orientations are 1 to 8."),
        };
        (int width, int height) = columnRight == 0 ? (storedHeight, storedWidth) : (storedWidth, storedHeight);
        int first = RgbImage.Channels * ((row * storedWidth) + column);
        int right = RgbImage.Channels * ((rowRight * storedWidth) + columnRight);
        int down = RgbImage.Channels * ((rowDown * storedWidth) + columnDown);

        ReadOnlySpan<byte> source = stored.Pixels;
        byte[] upright = new byte[source.Length];
        int target = 0;
        for (int y = 0; y < height; y++)
        {
            int position = first + (y * down);
            for (int x = 0; x < width; x++)
            {
                upright[target] = source[position];
                upright[target + 1] = source[position + 1];
                upright[target + 2] = source[position + 2];
                target += RgbImage.Channels;
                position += right;
            }
        }

        return new RgbImage(width, height, upright);
    }

    private static ushort ReadShort(ReadOnlySpan<byte> bytes, bool littleEndian) =>
        littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
