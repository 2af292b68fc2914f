using System.Buffers.Binary;
using System.IO.Hashing;
using DwEngine.Files;

namespace DwEngine.Vision.Png;

/// <summary>
/// The chunks of a PNG file (W3C PNG, section 5) that its picture is read from. Tolerant where libpng is: chunks that do not bear on the
/// picture may be damaged or out of place, data chunks may be empty, and the end (IEND) may be missing.
/// </summary>
internal sealed class PngStructure
{
    private const int Overhead = 12;
    private const int MaxPaletteLength = 256 * RgbImage.Channels;

    private PngStructure(PngHeader header) => Header = header;

    /// <summary>The eight bytes that every PNG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The header.</summary>
    public PngHeader Header { get; }

    /// <summary>The palette's colours, interleaved RGB; empty if there is none.</summary>
    public byte[] Palette { get; private set; } = [];

    /// <summary>Where in the file the parts of the compressed pixels are.</summary>
    public List<Range> Data { get; } = [];

    /// <summary>Whether the checksums of all data chunks are right.</summary>
    public bool DataIntact { get; private set; } = true;

    /// <summary>Whether the file ends within a chunk or without the end chunk.</summary>
    public bool Truncated { get; private set; }

    /// <summary>The EXIF orientation, 1 to 8.</summary>
    public int Orientation { get; private set; }

    /// <summary>Walks the chunks up to the end.</summary>
    /// <exception cref="FileFormatException">There is no header, or a chunk that the picture needs is malformed, damaged, or
    /// unknown.</exception>
    public static PngStructure Read(ReadOnlySpan<byte> file, string name)
    {
        PngStructure? structure = null;
        PngOrientation orientation = new();
        int position = Signature.Length;
        while (file.Length - position >= 8)
        {
            Chunk chunk = Chunk.At(file, position);
            if (structure is null)
            {
                structure = new PngStructure(ReadHeader(chunk, name, file.Length));
            }
            else if (chunk.Is("IEND"u8))
            {
                break;
            }
            else if (!structure.Take(chunk, position, orientation, name))
            {
                position = file.Length;
                break;
            }

            position += (int)Math.Min((long)Overhead + chunk.DeclaredLength, file.Length - position);
        }

        if (structure is null)
        {
            throw new FileFormatException(name, $"offset {position}", "the file is truncated; a header (IHDR) was expected");
        }

        structure.Truncated = file.Length - position < 8;
        structure.Orientation = orientation.Orientation;
        if (structure.Header.ColourType == PngHeader.PaletteType && structure.Palette.Length == 0)
        {
            throw new FileFormatException(name, "palette (PLTE)", "is missing before the image data; one was expected");
        }

        return structure;
    }

    private static PngHeader ReadHeader(Chunk chunk, string name, int fileLength)
    {
        string location = $"offset {Signature.Length}";
        if (chunk.Is("CgBI"u8))
        {
            throw new FileFormatException(name, location, "Apple's variant of PNG (CgBI); a standard PNG was expected");
        }

        if (!chunk.Is("IHDR"u8))
        {
            throw new FileFormatException(name, location, "the first chunk is not the header (IHDR), which was expected");
        }

        if (!chunk.Complete)
        {
            throw new FileFormatException(name, location, "the file is truncated; a complete header (IHDR) was expected");
        }

        PngHeader header = PngHeader.Read(chunk.Data, name, fileLength);
        return chunk.Intact ? header : throw Damaged(name, "header (IHDR)");
    }

    /// <summary>Takes a chunk in.</summary>
    /// <returns>False if it is none, which ends a file whose end chunk is missing.</returns>
    private bool Take(Chunk chunk, int position, PngOrientation orientation, string name)
    {
        if (chunk.Type.ContainsAnyExcept(Chunk.Letters))
        {
            return Data.Count > 0
                ? false
                : throw new FileFormatException(name, $"offset {position}", "is not the beginning of a chunk, which was expected");
        }

        if (chunk.Is("IDAT"u8))
        {
            int start = position + 8;
            Data.Add(start..(start + chunk.Data.Length));
            DataIntact &= chunk.Intact;
        }
        else if (chunk.Is("PLTE"u8))
        {
            TakePalette(chunk, name);
        }
        else if (chunk.Is("IHDR"u8))
        {
            throw new FileFormatException(name, $"offset {position}", "a second header (IHDR); one was expected");
        }
        else if (chunk.Complete && (chunk.Type[0] & 0x20) == 0)
        {
            string type = System.Text.Encoding.ASCII.GetString(chunk.Type);
            throw new FileFormatException(name, $"offset {position}", $"the unknown critical chunk {type}; IDAT or IEND was expected");
        }
        else if (chunk.Intact)
        {
            orientation.Read(chunk.Type, chunk.Data);
        }

        return true;
    }

    /// <summary>In a picture without a palette it is only advice, and may be as odd as it likes.</summary>
    private void TakePalette(Chunk chunk, string name)
    {
        const string Location = "palette (PLTE)";
        if (Header.ColourType != PngHeader.PaletteType)
        {
            return;
        }

        if (Palette.Length > 0 || Data.Exists(range => range.End.Value > range.Start.Value))
        {
            throw new FileFormatException(name, Location, "is not the only one before the image data; one was expected");
        }

        int length = chunk.Data.Length;
        if (!chunk.Intact)
        {
            throw Damaged(name, Location);
        }

        if (length == 0 || length % RgbImage.Channels != 0 || length > MaxPaletteLength)
        {
            throw new FileFormatException(name, Location, $"{Words.Count(length, "byte")}; 1 to 256 colours of 3 bytes were expected");
        }

        Palette = chunk.Data.ToArray();
    }

    private static FileFormatException Damaged(string name, string location) =>
        new(name, location, "is damaged; data that give its checksum were expected");

    private readonly ref struct Chunk
    {
        private Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, uint declaredLength, uint? checksum)
        {
            Type = type;
            Data = data;
            DeclaredLength = declaredLength;
            Complete = checksum is not null;
            Intact = checksum is { } declared && Checksum(type, data) == declared;
        }

        public static System.Buffers.SearchValues<byte> Letters { get; } =
            System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

        public ReadOnlySpan<byte> Type { get; }

        /// <summary>As much of the data as the file has.</summary>
        public ReadOnlySpan<byte> Data { get; }

        public uint DeclaredLength { get; }

        /// <summary>Whether the file has all of it.</summary>
        public bool Complete { get; }

        /// <summary>Whether its checksum is right.</summary>
        public bool Intact { get; }

        public static Chunk At(ReadOnlySpan<byte> file, int position)
        {
            ReadOnlySpan<byte> rest = file[position..];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            ReadOnlySpan<byte> body = rest[8..];
            bool complete = length <= body.Length - 4L;
            ReadOnlySpan<byte> data = body[..(int)Math.Min(length, body.Length)];
            return new Chunk(rest.Slice(4, 4), data, length, complete ? BinaryPrimitives.ReadUInt32BigEndian(body[data.Length..]) : null);
        }

        public bool Is(ReadOnlySpan<byte> type) => Type.SequenceEqual(type);

        private static uint Checksum(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
        {
            Crc32 checksum = new();
            checksum.Append(type);
            checksum.Append(data);
            return checksum.GetCurrentHashAsUInt32();
        }
    }
}
