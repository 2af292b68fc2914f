using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace DwEngine.Vision.Tests;

/// <summary>Writes PNG files of any colour type, depth and interlacing, from samples of the file's own depth.</summary>
internal sealed class PngWriter(int width, int height, int colourType, int depth)
{
    private static readonly (int Column, int Row, int ColumnStep, int RowStep)[] s_adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private readonly List<(string Type, byte[] Data)> _extra = [];

    public bool Interlaced { get; init; }

    /// <summary>The filter that row y uses; 0 none, 1 sub, 2 up.</summary>
    public Func<int, int> Filter { get; init; } = _ => 0;

    /// <summary>Applied to the pixels' bytes before compression, so that a test can spoil them.</summary>
    public Func<byte[], byte[]> Spoil { get; init; } = bytes => bytes;

    public int Samples => colourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Adds a chunk between header and image data.</summary>
    public PngWriter With(string type, params byte[] data)
    {
        _extra.Add((type, data));
        return this;
    }

    /// <summary>The file, whose sample s of the pixel in column x and row y is <paramref name="sample"/>(x, y, s).</summary>
    public byte[] Write(Func<int, int, int, int> sample)
    {
        using MemoryStream rows = new();
        foreach ((int column, int row, int columnStep, int rowStep) in Interlaced ? s_adam7 : [(0, 0, 1, 1)])
        {
            byte[] above = [];
            for (int y = row, index = 0; y < height && column < width; y += rowStep, index++)
            {
                byte[] line = Pack(y, column, columnStep, sample);
                rows.Write(Filtered(line, above, Filter(index)));
                above = line;
            }
        }

        using MemoryStream compressed = new();
        using (ZLibStream deflate = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(Spoil(rows.ToArray()));
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)colourType, (byte)(Interlaced ? 1 : 0));

        // Two data chunks, because readers must join them.
        byte[] all = compressed.ToArray();
        return File(
            [("IHDR", header), .. _extra, ("IDAT", all[..(all.Length / 2)]), ("IDAT", all[(all.Length / 2)..]), ("IEND", [])]);
    }

    /// <summary>A file of these chunks, whatever they are.</summary>
    public static byte[] File(IEnumerable<(string Type, byte[] Data)> chunks)
    {
        using MemoryStream file = new();
        file.Write([0x89, .. "PNG\r\n\x1a\n"u8]);
        foreach ((string type, byte[] data) in chunks)
        {
            WriteChunk(file, type, data);
        }

        return file.ToArray();
    }

    /// <summary>The chunks of a file.</summary>
    public static List<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        List<(string, byte[])> chunks = [];
        for (int position = 8; position < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            chunks.Add((Encoding.ASCII.GetString(file, position + 4, 4), file[(position + 8)..(position + 8 + length)]));
            position += 12 + length;
        }

        return chunks;
    }

    private byte[] Pack(int y, int column, int step, Func<int, int, int, int> sample)
    {
        List<int> values = [];
        for (int x = column; x < width; x += step)
        {
            for (int s = 0; s < Samples; s++)
            {
                values.Add(sample(x, y, s));
            }
        }

        byte[] line = new byte[((values.Count * depth) + 7) / 8];
        for (int i = 0; i < values.Count; i++)
        {
            if (depth == 16)
            {
                BinaryPrimitives.WriteUInt16BigEndian(line.AsSpan(2 * i), (ushort)values[i]);
            }
            else
            {
                int bit = i * depth;
                line[bit / 8] |= (byte)(values[i] << (8 - depth - (bit % 8)));
            }
        }

        return line;
    }

    private byte[] Filtered(byte[] line, byte[] above, int filter)
    {
        int pixelBytes = Math.Max(Samples * depth / 8, 1);
        byte[] result = [(byte)filter, .. line];
        for (int i = 0; i < line.Length; i++)
        {
            int predicted = filter switch
            {
                1 => i < pixelBytes ? 0 : line[i - pixelBytes],
                2 => above.Length == 0 ? 0 : above[i],
                _ => 0,
            };
            result[i + 1] -= (byte)predicted;
        }

        return result;
    }

    private static void WriteChunk(Stream file, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(body));
        file.Write(number);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
