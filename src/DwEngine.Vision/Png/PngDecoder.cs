using System.IO.Compression;
using DwEngine.Files;

namespace DwEngine.Vision.Png;

/// <summary>
/// Decodes PNG files of every colour type, depth and interlacing, row by row as they are inflated. Transparency is dropped, samples of 16
/// bits keep their upper 8, and an index behind the palette's end is itself the level of grey, as Pillow reads them.
/// </summary>
internal sealed class PngDecoder
{
    private const string Location = "image data (IDAT)";

    /// <summary>Inflated bytes behind the pixels that are passed over; more are taken for an attack.</summary>
    private const int MaxSurplus = 1 << 20;

    private readonly PngStructure _structure;
    private readonly string _name;
    private readonly PngDataStream _data;
    private readonly ZLibStream _inflated;
    private readonly byte[] _palette = new byte[256 * RgbImage.Channels];
    private long _read;

    private PngDecoder(PngStructure structure, PngDataStream data, ZLibStream inflated, string name)
    {
        _structure = structure;
        _data = data;
        _inflated = inflated;
        _name = name;
        for (int i = 0; i < _palette.Length; i++)
        {
            _palette[i] = i < structure.Palette.Length ? structure.Palette[i] : (byte)(i / RgbImage.Channels);
        }
    }

    /// <summary>Decodes a file.</summary>
    /// <exception cref="FileFormatException">The file is damaged, too large, or lacks data.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> file, string name)
    {
        PngStructure structure = PngStructure.Read(file.Span, name);
        PngHeader header = structure.Header;
        ImageDecoder.CheckMemory(
            name, "header (IHDR)", header.Width, header.Height, (2 * header.RowLength(header.Width)) + (3L * header.Width), file.Length);
        CheckDictionary(new PngDataStream(file, structure.Data), name);
        PngDataStream data = new(file, structure.Data);
        using ZLibStream inflated = new(data, CompressionMode.Decompress);
        return new PngDecoder(structure, data, inflated, name).Decode();
    }

    private static void CheckDictionary(PngDataStream data, string name)
    {
        const int DictionaryFlag = 0x20;
        Span<byte> head = stackalloc byte[2];
        if (data.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && (head[1] & DictionaryFlag) != 0)
        {
            throw new FileFormatException(name, Location, "needs a preset dictionary, which PNG has not; a plain zlib stream was expected");
        }
    }

    private RgbImage Decode()
    {
        PngHeader header = _structure.Header;
        UprightImage image = new(header.Width, header.Height, _structure.Orientation);
        byte[] current = new byte[header.RowLength(header.Width)];
        byte[] above = new byte[current.Length];
        byte[] pixels = new byte[RgbImage.Channels * header.Width];
        foreach (PngPass pass in header.Passes)
        {
            int columns = pass.Columns(header.Width);
            int rows = columns == 0 ? 0 : pass.Rows(header.Height);
            int length = (int)header.RowLength(columns);
            Span<byte> rgb = pixels.AsSpan(0, RgbImage.Channels * columns);
            above.AsSpan(0, length).Clear();
            for (int row = 0; row < rows; row++)
            {
                byte filter = 0;
                Fill(new Span<byte>(ref filter));
                Fill(current.AsSpan(0, length));
                if (!PngFilter.Undo(filter, current.AsSpan(0, length), above, Math.Max(header.BitsPerPixel / 8, 1)))
                {
                    throw new FileFormatException(_name, Location, $"a row with filter {filter}; 0 to 4 were expected");
                }

                Expand(current.AsSpan(0, length), rgb);
                image.Write(pass.Row + (row * pass.RowStep), pass.Column, pass.ColumnStep, rgb);
                (current, above) = (above, current);
            }
        }

        CheckEnd();
        return image.ToImage();
    }

    private void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Read(bytes);
            if (count == 0)
            {
                throw Damaged($"only {Words.Count(_read, "byte")} of pixels; {_structure.Header.InflatedLength} were expected");
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>
    /// Behind the pixels a row or a few bytes too many do no harm. The checksum of the inflated bytes may be missing where those of the
    /// chunks are right.
    /// </summary>
    private void CheckEnd()
    {
        long expected = _read;
        byte[] surplus = new byte[4096];
        while (Read(surplus) > 0)
        {
            if (_read - expected > MaxSurplus)
            {
                throw Damaged($"more than {MaxSurplus} bytes behind the pixels; {Words.Count(expected, "byte")} of pixels were expected");
            }
        }

        if (_data.Starved && (_structure.Truncated || !_structure.DataIntact))
        {
            throw Damaged("is damaged; pixels with a checksum were expected");
        }
    }

    private int Read(Span<byte> bytes)
    {
        try
        {
            int count = _inflated.Read(bytes);
            _read += count;
            return count;
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            throw Damaged("is corrupt; a zlib stream was expected", error);
        }
    }

    private FileFormatException Damaged(string problem, Exception? inner = null) =>
        new(
            _name,
            Location,
            _structure.Truncated ? "the file is truncated; complete chunks up to the end (IEND) were expected" : problem,
            inner);

    /// <summary>A row's samples to RGB.</summary>
    private void Expand(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        PngHeader header = _structure.Header;
        if (header.ColourType is 2 or 6)
        {
            ExpandColour(row, header.BitsPerPixel / 8, header.Depth / 8, rgb);
            return;
        }

        bool palette = header.ColourType == PngHeader.PaletteType;
        int top = (1 << header.Depth) - 1;
        for (int i = 0, x = 0; i < rgb.Length; i += RgbImage.Channels, x++)
        {
            Span<byte> pixel = rgb.Slice(i, RgbImage.Channels);
            int bit = x * header.BitsPerPixel;
            int sample = header.Depth >= 8 ? row[bit / 8] : (row[bit / 8] >> (8 - header.Depth - (bit % 8))) & top;
            if (palette)
            {
                _palette.AsSpan(sample * RgbImage.Channels, RgbImage.Channels).CopyTo(pixel);
            }
            else
            {
                pixel.Fill((byte)(header.Depth >= 8 ? sample : sample * byte.MaxValue / top));
            }
        }
    }

    private static void ExpandColour(ReadOnlySpan<byte> row, int pixelBytes, int sampleBytes, Span<byte> rgb)
    {
        if (pixelBytes == RgbImage.Channels)
        {
            row.CopyTo(rgb);
            return;
        }

        for (int i = 0, source = 0; i < rgb.Length; i += RgbImage.Channels, source += pixelBytes)
        {
            rgb[i] = row[source];
            rgb[i + 1] = row[source + sampleBytes];
            rgb[i + 2] = row[source + (2 * sampleBytes)];
        }
    }
}
