using System.Buffers.Binary;
using DwEngine.Files;

namespace DwEngine.Vision.Jpeg;

/// <summary>
/// Decodes baseline, extended and progressive JPEG files of 8 bits with Huffman codes (ITU-T T.81) to the samples that Pillow, by way of
/// libjpeg-turbo, reads, bit for bit. A file must be whole: each scan holds exactly the data of its picture, and the scans together all
/// coefficients.
/// </summary>
internal ref struct JpegDecoder
{
    /// <summary>
    /// Every block of 64 samples takes at least one bit, and the sampling factors can spread the samples of one block
    /// over at most 128 pixels (components sampled 4 x 1 and 1 x 4).
    /// </summary>
    public const long MaxPixelsPerByte = 8 * 128;

    /// <summary>Ten scans are usual; a file with thousands of nearly empty ones would keep the decoder busy for hours.</summary>
    private const int MaxScans = 128;

    /// <summary>Of all components together in a minimum coded unit (T.81, B.2.3).</summary>
    private const int MaxBlocksInUnit = 10;

    private const int Tables = 4;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _name;
    private readonly ushort[]?[] _quantisation;
    private readonly HuffmanTable?[] _dcTables;
    private readonly HuffmanTable?[] _acTables;
    private readonly JpegMetadata _metadata;
    private int _position;
    private JpegFrame? _frame;
    private RowWriter? _writer;
    private int _restartInterval;
    private int _scans;

    private JpegDecoder(ReadOnlySpan<byte> bytes, string name)
    {
        _bytes = bytes;
        _name = name;
        _quantisation = new ushort[]?[Tables];
        _dcTables = new HuffmanTable?[Tables];
        _acTables = new HuffmanTable?[Tables];
        _metadata = new JpegMetadata();
    }

    /// <summary>The start-of-image marker and the first byte of the next.</summary>
    public static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    /// <summary>Decodes a file; what follows its end-of-image marker is not part of it.</summary>
    /// <exception cref="FileFormatException">The file is truncated, damaged, too large, or of a kind that isn't decoded.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        JpegDecoder decoder = new(bytes, name);
        return decoder.Decode();
    }

    private RgbImage Decode()
    {
        _position = 2;
        while (true)
        {
            int offset = _position;
            byte marker = NextMarker();
            if (marker == 0xD9)
            {
                return Finish();
            }

            if (marker == 0xD8)
            {
                throw Error(offset, "a second start of image; the end of the first was expected");
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
            {
                // Some encoders end a scan with a restart marker, but an interval behind it belongs to no picture.
                if (marker != 0x01 && _position < _bytes.Length && _bytes[_position] != 0xFF)
                {
                    throw Error(offset, "a restart interval behind the last of its scan; another marker was expected");
                }

                continue;
            }

            ReadOnlySpan<byte> segment = ReadSegment(offset);
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2:
                    _frame = _frame is null
                        ? JpegFrame.Read(segment, marker == 0xC2, Place(offset))
                        : throw Error(offset, "a second frame; one was expected");
                    break;
                case 0xC3 or (>= 0xC5 and <= 0xC7) or (>= 0xC9 and <= 0xCB) or (>= 0xCD and <= 0xCF):
                    throw Error(
                        offset,
                        $"coding process {marker - 0xC0} (lossless, hierarchical or arithmetic); baseline or progressive was expected");
                case 0xC4:
                    ReadHuffmanTables(segment, offset);
                    break;
                case 0xDB:
                    ReadQuantisationTables(segment, offset);
                    break;
                case 0xDA:
                    ReadScan(segment, offset);
                    break;
                case 0xDD:
                    _restartInterval = segment.Length == 2
                        ? BinaryPrimitives.ReadUInt16BigEndian(segment)
                        : throw Error(offset, $"a restart interval of {Words.Count(segment.Length, "byte")}; 2 were expected");
                    break;
                default:
                    // What comes behind the first scan can no longer change how the picture is read.
                    if (_scans == 0)
                    {
                        _metadata.Read(marker, segment);
                    }

                    break;
            }
        }
    }

    private void ReadHuffmanTables(ReadOnlySpan<byte> segment, int offset)
    {
        const int Head = 1 + HuffmanTable.LongestCode;
        while (!segment.IsEmpty)
        {
            int length = Head;
            for (int i = 1; i < Math.Min(Head, segment.Length); i++)
            {
                length += segment[i];
            }

            if (length > segment.Length)
            {
                throw TableTooLong("Huffman", segment.Length, offset);
            }

            int kind = segment[0] >> 4;
            int number = segment[0] & 15;
            if (kind > 1 || number >= Tables)
            {
                throw Error(offset, $"a Huffman table of class {kind} and number {number}; class 0 or 1 and number 0 to 3 were expected");
            }

            HuffmanTable? table = HuffmanTable.Create(segment[1..Head], segment[Head..length]);
            (kind == 0 ? _dcTables : _acTables)[number] =
                table ?? throw Error(offset, "a Huffman table with more codes than fit their lengths; a prefix code was expected");
            if (kind == 0 && segment[Head..length].ContainsAnyExceptInRange((byte)0, (byte)15))
            {
                throw Error(offset, "a Huffman table for differences of more than 15 bits; 0 to 15 were expected");
            }

            segment = segment[length..];
        }
    }

    private readonly void ReadQuantisationTables(ReadOnlySpan<byte> segment, int offset)
    {
        while (!segment.IsEmpty)
        {
            int size = segment[0] >> 4;
            int number = segment[0] & 15;
            if (size > 1 || number >= Tables)
            {
                throw Error(offset, $"a quantisation table of precision {size} and number {number}; 0 or 1 and 0 to 3 were expected");
            }

            int length = 1 + (JpegComponent.BlockLength << size);
            if (length > segment.Length)
            {
                throw TableTooLong("quantisation", segment.Length, offset);
            }

            ushort[] table = new ushort[JpegComponent.BlockLength];
            for (int i = 0; i < table.Length; i++)
            {
                ReadOnlySpan<byte> entry = segment[(1 + (i << size))..];
                table[JpegScan.NaturalOrder(i)] = size == 0 ? entry[0] : BinaryPrimitives.ReadUInt16BigEndian(entry);
            }

            _quantisation[number] = table;
            segment = segment[length..];
        }
    }

    private void ReadScan(ReadOnlySpan<byte> segment, int offset)
    {
        JpegFrame frame = _frame ?? throw Error(offset, "a scan before the frame header; a frame header (FFC0 to FFC2) was expected");
        if (++_scans > MaxScans)
        {
            throw Error(offset, $"more than {MaxScans} scans; fewer were expected");
        }

        if (segment.Length < 1 || segment.Length != 4 + (2 * segment[0]) || segment[0] < 1)
        {
            throw Error(offset, $"a scan header of {Words.Count(segment.Length, "byte")}; 4, and 2 for each component, were expected");
        }

        JpegComponent[] components = new JpegComponent[segment[0]];
        for (int i = 0; i < components.Length; i++)
        {
            components[i] = FindComponent(segment[1 + (2 * i)], components.AsSpan(0, i), offset);
        }

        ReadOnlySpan<byte> progression = segment[(1 + (2 * components.Length))..];
        JpegScanHeader header = new(
            components, progression[0], progression[1], progression[2] >> 4, progression[2] & 15, _restartInterval);
        if (components.Length > 1 && components.Sum(component => component.Horizontal * component.Vertical) > MaxBlocksInUnit)
        {
            throw Error(offset, $"sampling factors for more than {MaxBlocksInUnit} blocks in a coded unit; fewer were expected");
        }

        for (int i = 0; i < components.Length; i++)
        {
            Prepare(components[i], segment[2 + (2 * i)], header, offset);
        }

        if (_scans == 1)
        {
            Start(frame, components, offset);
        }

        JpegScan scan = new(frame, header, new JpegBitReader(_bytes, _position, _name));
        bool streamed = components[0].Coefficients.Length == 0;
        _position = scan.Decode(streamed ? _writer : null);
    }

    /// <summary>Makes room for the picture, and for all coefficients unless this first scan holds all of the picture.</summary>
    private void Start(JpegFrame frame, JpegComponent[] components, int offset)
    {
        bool keep = frame.Progressive || components.Length < frame.Components.Length;
        long working = frame.Components.Sum(component => component.SampleBytes + (keep ? component.CoefficientBytes : 0));
        ImageDecoder.CheckMemory(_name, $"offset {offset}", frame.Width, frame.Height, working, _bytes.Length);
        if (keep)
        {
            foreach (JpegComponent component in frame.Components)
            {
                component.KeepCoefficients();
            }
        }

        _writer = new RowWriter(frame, _metadata.Model(frame), _metadata.Orientation);
    }

    private readonly JpegComponent FindComponent(byte id, ReadOnlySpan<JpegComponent> taken, int offset)
    {
        foreach (JpegComponent component in _frame!.Components)
        {
            if (component.Id == id && !taken.Contains(component))
            {
                return component;
            }
        }

        throw Error(offset, $"a scan of component {id}, which the frame header does not declare so often; another was expected");
    }

    private readonly void Prepare(JpegComponent component, byte tables, JpegScanHeader header, int offset)
    {
        bool progressive = _frame!.Progressive;
        if (progressive)
        {
            CheckProgression(component, header, offset);
        }
        else if (component.Quantisation is not null)
        {
            throw Error(offset, $"a second scan of component {component.Id}; one was expected");
        }

        component.Quantisation ??= component.QuantisationTable < Tables ? _quantisation[component.QuantisationTable] : null;
        if (component.Quantisation is null)
        {
            int number = component.QuantisationTable;
            throw Error(offset, $"component {component.Id} names quantisation table {number}; one that is defined was expected");
        }

        int dc = tables >> 4;
        int ac = tables & 15;
        bool needsDc = !progressive || (header.Start == 0 && header.PreviousBit == 0);
        bool needsAc = !progressive || header.Start > 0;
        component.DcTable = needsDc ? Table(_dcTables, dc, HuffmanTable.StandardDc) : null;
        component.AcTable = needsAc ? Table(_acTables, ac, HuffmanTable.StandardAc) : null;
        if ((needsDc && component.DcTable is null) || (needsAc && component.AcTable is null))
        {
            throw Error(offset, $"component {component.Id} names Huffman tables {dc} and {ac}; tables that are defined were expected");
        }
    }

    /// <summary>
    /// The table of this number. The standard's own stand in for those that a file lacks, but not in a progressive file, which must have
    /// its own.
    /// </summary>
    private readonly HuffmanTable? Table(HuffmanTable?[] defined, int number, HuffmanTable[] standard)
    {
        HuffmanTable? table = number < Tables ? defined[number] : null;
        return table is null && !_frame!.Progressive && number < standard.Length ? standard[number] : table;
    }

    /// <summary>Each bit of each coefficient must come once, from the highest down, and the first coefficient before the others.</summary>
    private readonly void CheckProgression(JpegComponent component, JpegScanHeader header, int offset)
    {
        (JpegComponent[] components, int start, int end, int previous, int bit, _) = header;
        bool fits = start == 0 ? end == 0 : end >= start && end < JpegComponent.BlockLength && components.Length == 1;
        if (!fits || bit > 13 || (previous != 0 && previous != bit + 1))
        {
            throw Error(
                offset,
                $"a progressive scan of {components.Length} components, coefficients {start} to {end}, bits {previous} to {bit}; "
                + "one of those that the standard has was expected");
        }

        int[] missing = component.MissingBits;
        if (start > 0 && missing[0] < 0)
        {
            throw Error(offset, "a progressive scan before its component's DC coefficients, which were expected");
        }

        for (int i = start; i <= end; i++)
        {
            if (missing[i] != (previous == 0 ? -1 : previous))
            {
                throw Error(
                    offset, $"a progressive scan of coefficient {i} that does not follow on those before; another was expected");
            }

            missing[i] = bit;
        }
    }

    private readonly RgbImage Finish()
    {
        if (_frame is null || _frame.Components.Any(component => component.Quantisation is null))
        {
            throw Error(_position, "the image ends here; a scan of every colour component was expected");
        }

        if (_frame.Progressive && _frame.Components.Any(component => component.MissingBits.AsSpan().ContainsAnyExcept(0)))
        {
            throw Error(_position, "the image ends before all of its scans; those of every coefficient down to the last bit were expected");
        }

        if (_frame.Components[0].Coefficients.Length > 0)
        {
            for (int units = 0; units < _frame.UnitsHigh; units++)
            {
                foreach (JpegComponent component in _frame.Components)
                {
                    TransformRow(component, units);
                }

                _writer!.Advance(units);
            }
        }

        return _writer!.ToImage();
    }

    private readonly void TransformRow(JpegComponent component, int units)
    {
        for (int row = units * component.Vertical; row < (units + 1) * component.Vertical; row++)
        {
            for (int column = 0; column < component.PaddedBlocksWide; column++)
            {
                if (!component.Transform(component.Block(column, row), column, row))
                {
                    throw Error(_position, "the scans give a block beyond black or white, as damaged data do; 8-bit samples were expected");
                }
            }
        }
    }

    private byte NextMarker()
    {
        int offset = _bytes[_position..].IndexOf((byte)0xFF);
        if (offset < 0)
        {
            throw Truncated();
        }

        _position += offset;
        while (_position < _bytes.Length && _bytes[_position] == 0xFF)
        {
            _position++;
        }

        return _position < _bytes.Length ? _bytes[_position++] : throw Truncated();
    }

    private ReadOnlySpan<byte> ReadSegment(int offset)
    {
        ReadOnlySpan<byte> rest = _bytes[_position..];
        if (rest.Length < 2)
        {
            throw Truncated();
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2)
        {
            throw Error(offset, $"a segment of {Words.Count(length, "byte")}; at least 2 were expected");
        }

        if (length > rest.Length)
        {
            throw Truncated();
        }

        _position += length;
        return rest[2..length];
    }

    private readonly JpegPlace Place(int offset) => new(_name, offset, _bytes.Length);

    private readonly FileFormatException TableTooLong(string kind, int length, int offset) =>
        Error(offset, $"a {kind} table that its segment is too short for; at most {Words.Count(length, "byte")} were expected");

    private readonly FileFormatException Truncated() =>
        Error(_bytes.Length, "the file is truncated; an end-of-image marker (FFD9) was expected");

    private readonly FileFormatException Error(int offset, string problem) => Place(offset).Error(problem);
}
