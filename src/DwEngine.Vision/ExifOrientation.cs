using System.Buffers.Binary;

namespace DwEngine.Vision;

/// <summary>The orientation tag of EXIF (CIPA DC-008, tag 0x0112): how the stored image must be turned to stand upright.</summary>
internal static class ExifOrientation
{
    /// <summary>The stored image stands upright.</summary>
    public const int Upright = 1;

    private const ushort OrientationTag = 0x0112;
    private const int EntrySize = 12;

    /// <summary>The value if it has a meaning, upright otherwise.</summary>
    public static int OrUpright(long value) => value is >= 1 and <= 8 ? (int)value : Upright;

    /// <summary>
    /// Finds the tag in an EXIF block, which is a TIFF header and its first directory, with or without EXIF's name before it. It may be
    /// stored as any integer but an unsigned byte, which Pillow takes for text. A block that is malformed says nothing about the image.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <returns>1 to 8, null if there is no such tag; a value without a meaning counts as 1.</returns>
    public static int? Find(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> name = "Exif\0\0"u8;
        while (block.StartsWith(name))
        {
            block = block[name.Length..];
        }

        // Some writers turn the number 42 around; the letters alone decide.
        bool littleEndian = block.StartsWith("II*\0"u8) || block.StartsWith("II\0*"u8);
        if (block.Length < 8 || (!littleEndian && !block.StartsWith("MM\0*"u8) && !block.StartsWith("MM*\0"u8)))
        {
            return null;
        }

        uint directory = ReadLong(block[4..], littleEndian);
        if (directory > (uint)block.Length - 2)
        {
            return null;
        }

        int? found = null;
        ReadOnlySpan<byte> entries = block[(int)directory..];
        int count = ReadShort(entries, littleEndian);
        entries = entries[2..];
        for (; count > 0 && entries.Length >= EntrySize; count--, entries = entries[EntrySize..])
        {
            if (ReadShort(entries, littleEndian) == OrientationTag && ReadValue(block, entries, littleEndian) is { } value)
            {
                found = OrUpright(value);
            }
        }

        return found;
    }

    /// <summary>The first value of an entry; null if it has none, or none that is an integer.</summary>
    private static long? ReadValue(ReadOnlySpan<byte> block, ReadOnlySpan<byte> entry, bool littleEndian)
    {
        int type = ReadShort(entry[2..], littleEndian);
        int size = type switch
        {
            6 => 1,
            3 or 8 => 2,
            4 or 9 or 13 => 4,
            _ => 0,
        };
        long length = (long)size * ReadLong(entry[4..], littleEndian);
        ReadOnlySpan<byte> value = entry[8..];
        if (length > 4)
        {
            // More than one value, or as many as do not fit the entry: it holds their offset.
            uint offset = ReadLong(value, littleEndian);
            if (offset + length > block.Length)
            {
                return null;
            }

            value = block[(int)offset..];
        }

        return (length, type) switch
        {
            (0, _) => null,
            (_, 6) => (sbyte)value[0],
            (_, 3) => ReadShort(value, littleEndian),
            (_, 8) => (short)ReadShort(value, littleEndian),
            (_, 9) => (int)ReadLong(value, littleEndian),
            _ => ReadLong(value, littleEndian),
        };
    }

    private static ushort ReadShort(ReadOnlySpan<byte> bytes, bool littleEndian) =>
        littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint ReadLong(ReadOnlySpan<byte> bytes, bool littleEndian) =>
        littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
