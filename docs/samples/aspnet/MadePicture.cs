using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace DwEngine.Samples;

/// <summary>A dark picture with one bright cell of the 8 x 8, as the file of a PNG.</summary>
internal static class MadePicture
{
    public const int Width = 320, Height = 240;

    /// <summary>Makes the file.</summary>
    /// <param name="column">The bright cell's column.</param>
    /// <param name="row">Its row.</param>
    /// <param name="channel">Its colour: 0 for red, 1 for green, 2 for blue.</param>
    public static byte[] Png(int column, int row, int channel)
    {
        byte[] lines = new byte[Height * (1 + (3 * Width))];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                bool isBright = x * ColourCells.Grid / Width == column && y * ColourCells.Grid / Height == row;
                lines[(y * (1 + (3 * Width))) + 1 + (3 * x) + channel] = (byte)(isBright ? 255 : 0);
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Height);
        (header[8], header[9]) = (8, 2);

        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(lines);
        }

        return [137, 80, 78, 71, 13, 10, 26, 10, .. Chunk("IHDR", header), .. Chunk("IDAT", compressed.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string name, byte[] content)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(name), .. content];
        byte[] chunk = [0, 0, 0, 0, .. named, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, content.Length);
        uint crc = uint.MaxValue;
        foreach (byte one in named)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), ~crc);
        return chunk;
    }
}
