using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace DwEngine.Images;

/// <summary>
/// Walks the chunks of a PNG file (W3C PNG, section 5): the declared size, the EXIF orientation, and whether the compressed
/// data inflates to exactly the bytes that the declared size takes.
/// </summary>
internal static class PngStructure
{
    /// <summary>Deflate turns one byte into at most 1032, and a byte holds at most 8 pixels.</summary>
    private const long MaxPixelsPerByte = 1032 * 8;

    private const int InflateBufferSize = 1 << 16;

    // Adam7 (section 8): first column, first row, column step and row step of each pass.
    private static readonly (int Column, int Row, int ColumnStep, int RowStep)[] s_passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The eight bytes that every PNG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Walks the whole file and inflates its image data once, keeping none of it.</summary>
    /// <exception cref="FileFormatException">The file is truncated or malformed, or too large.</exception>
    public static ImageStructure Check(ReadOnlySpan<byte> bytes, string name)
    {
        using MemoryStream compressed = new();
        int orientation = ExifOrientation.Upright;
        Header? header = null;
        int position = Signature.Length;
        while (true)
        {
            int offset = position;
            ReadOnlySpan<byte> data = ReadChunk(bytes, name, ref position, out ReadOnlySpan<byte> type);
            if (header is null)
            {
                header = type.SequenceEqual("IHDR"u8)
                    ? ReadHeader(data, name, bytes.Length)
                    : throw new FileFormatException(name, $"offset {offset}", "the first chunk is not the header (IHDR)");
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                compressed.Write(data);
            }
            else if (type.SequenceEqual("CgBI"u8))
            {
                // The library would take the image data as a raw deflate stream, which has not been checked.
                throw new FileFormatException(name, $"offset {offset}", "Apple's variant of PNG (CgBI); a standard PNG was expected");
            }
            else if (type.SequenceEqual("eXIf"u8))
            {
                orientation = ExifOrientation.Parse(data);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
        }

        compressed.Position = 0;
        CheckInflatedLength(compressed, name, header.Value.InflatedLength);
        return new ImageStructure(header.Value.Width, header.Value.Height, orientation, position);
    }

    /// <summary>Reads the chunk at <paramref name="position"/> and moves to the next; only the image data's own checksum counts.</summary>
    private static ReadOnlySpan<byte> ReadChunk(ReadOnlySpan<byte> bytes, string name, ref int position, out ReadOnlySpan<byte> type)
    {
        const int Overhead = 12;
        ReadOnlySpan<byte> rest = bytes[position..];
        uint length = rest.Length < Overhead ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - Overhead)
        {
            throw new FileFormatException(
                name, $"offset {position}", "the file is truncated; complete chunks up to the end (IEND) were expected");
        }

        position += Overhead + (int)length;
        type = rest.Slice(4, 4);
        return rest.Slice(8, (int)length);
    }

    private static Header ReadHeader(ReadOnlySpan<byte> data, string name, int fileLength)
    {
        const string Location = "header (IHDR)";
        if (data.Length != 13)
        {
            throw new FileFormatException(name, Location, $"{data.Length} bytes; 13 were expected");
        }

        long width = BinaryPrimitives.ReadUInt32BigEndian(data);
        long height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        ImageDecoder.CheckSize(name, Location, width, height, MaxPixelsPerByte * fileLength);

        int depth = data[8];
        int colourType = data[9];
        int samples = (colourType, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) => 1,
            (4, 8 or 16) => 2,
            (2, 8 or 16) => 3,
            (6, 8 or 16) => 4,
            _ => throw new FileFormatException(
                name, Location, $"colour type {colourType} with {depth} bits; one of the combinations that PNG has was expected"),
        };
        if (data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw new FileFormatException(
                name, Location, $"compression {data[10]}, filter {data[11]}, interlacing {data[12]}; 0, 0 and 0 or 1 were expected");
        }

        return new Header((int)width, (int)height, samples * depth, data[12] == 1);
    }

    private static void CheckInflatedLength(Stream compressed, string name, long expected)
    {
        const string Location = "image data (IDAT)";
        byte[] buffer = ArrayPool<byte>.Shared.Rent(InflateBufferSize);
        try
        {
            using ZLibStream inflated = new(compressed, CompressionMode.Decompress);
            long length = 0;
            int read;
            while (length <= expected && (read = inflated.Read(buffer)) > 0)
            {
                length += read;
            }

            if (length != expected)
            {
                string found = length < expected ? $"only {length}" : $"more than {expected}";
                throw new FileFormatException(name, Location, $"{found} bytes of pixels; {expected} were expected");
            }
        }
        catch (InvalidDataException error)
        {
            throw new FileFormatException(name, Location, "is corrupt; a zlib stream was expected", error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private readonly record struct Header(int Width, int Height, int BitsPerPixel, bool Interlaced)
    {
        /// <summary>Bytes of all rows of all passes; each row begins with a byte that names its filter.</summary>
        public long InflatedLength
        {
            get
            {
                if (!Interlaced)
                {
                    return PassLength(Width, Height);
                }

                long length = 0;
                foreach ((int column, int row, int columnStep, int rowStep) in s_passes)
                {
                    length += PassLength((Width - column + columnStep - 1) / columnStep, (Height - row + rowStep - 1) / rowStep);
                }

                return length;
            }
        }

        private long PassLength(int width, int height) =>
            width < 1 || height < 1 ? 0 : height * (1 + ((((long)width * BitsPerPixel) + 7) / 8));
    }
}
