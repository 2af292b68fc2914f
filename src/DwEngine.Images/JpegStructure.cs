using System.Buffers.Binary;

namespace DwEngine.Images;

/// <summary>
/// Walks the markers of a JPEG file (ITU-T T.81, annex B) without decoding its entropy-coded data: the declared size, the
/// EXIF orientation, and whether every scan that the image needs is there to its end.
/// </summary>
internal ref struct JpegStructure
{
    /// <summary>
    /// Every block of 64 samples takes at least one bit, and the sampling factors can spread the samples of one block
    /// over at most 128 pixels (components sampled 4 x 1 and 1 x 4).
    /// </summary>
    private const long MaxPixelsPerByte = 8 * 128;

    /// <summary>Ten scans are usual; a file with thousands of nearly empty ones would keep a decoder busy for hours.</summary>
    private const int MaxScans = 128;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _name;
    private int _position;

    private int _width;
    private int _height;
    private bool _progressive;
    private bool _adobe;
    private int _orientation;
    private bool _hasExif;
    private int _restartInterval;
    private int _scans;
    private int _seenComponents;
    private Component[] _components;

    private JpegStructure(ReadOnlySpan<byte> bytes, string name)
    {
        _bytes = bytes;
        _name = name;
        _orientation = ExifOrientation.Upright;
        _components = [];
    }

    private readonly record struct Component(int Id, int Horizontal, int Vertical);

    /// <summary>The start-of-image marker and the first byte of the next.</summary>
    public static ReadOnlySpan<byte> Signature => [0xFF, 0xD8, 0xFF];

    /// <summary>Walks the whole file.</summary>
    /// <exception cref="FileFormatException">The file is truncated or malformed, too large, or of a kind that isn't decoded.</exception>
    public static ImageStructure Check(ReadOnlySpan<byte> bytes, string name)
    {
        JpegStructure structure = new(bytes, name);
        structure.Walk();
        return new ImageStructure(structure._width, structure._height, structure._orientation, structure._position);
    }

    private void Walk()
    {
        _position = 2;
        while (true)
        {
            int markerOffset = _position;
            byte marker = NextMarker();
            if (marker == 0xD9)
            {
                break;
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            ReadOnlySpan<byte> segment = ReadSegment(markerOffset);
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2:
                    ReadFrame(segment, marker == 0xC2, markerOffset);
                    break;
                case 0xC3 or (>= 0xC5 and <= 0xC7) or (>= 0xC9 and <= 0xCB) or (>= 0xCD and <= 0xCF):
                    throw Error(
                        markerOffset,
                        $"coding process {marker - 0xC0} (lossless, hierarchical or arithmetic); baseline or progressive was expected");
                case 0xC4 or 0xDB:
                    CheckTables(segment, marker == 0xC4, markerOffset);
                    break;
                case 0xDA:
                    ReadScan(segment, markerOffset);
                    break;
                case 0xDD:
                    _restartInterval = segment.Length == 2
                        ? BinaryPrimitives.ReadUInt16BigEndian(segment)
                        : throw Error(markerOffset, $"a restart interval of {segment.Length} bytes; 2 were expected");
                    break;
                case 0xE1 when !_hasExif && segment.StartsWith("Exif\0\0"u8):
                    _hasExif = true;
                    _orientation = ExifOrientation.Parse(segment[6..]);
                    break;
                case 0xEE when segment.StartsWith("Adobe"u8):
                    _adobe = true;
                    break;
            }
        }

        if (_components.Length == 0 || _seenComponents != (1 << _components.Length) - 1)
        {
            throw Error(_position, "the image ends before every colour component had a scan");
        }

        if (_components.Length == 4 && !_adobe)
        {
            throw Error(_position, "four colour components without Adobe's marker, which tells CMYK from YCCK");
        }
    }

    private void ReadFrame(ReadOnlySpan<byte> segment, bool progressive, int offset)
    {
        if (_components.Length != 0)
        {
            throw Error(offset, "a second frame; one was expected");
        }

        if (segment.Length < 6 || segment.Length != 6 + (3 * segment[5]))
        {
            throw Error(offset, $"a frame header of {segment.Length} bytes, which does not fit its number of components");
        }

        if (segment[0] != 8)
        {
            throw Error(offset, $"samples of {segment[0]} bits; 8 were expected");
        }

        int count = segment[5];
        if (count is not (1 or 3 or 4))
        {
            throw Error(offset, $"{count} colour components; 1, 3 or 4 were expected");
        }

        _progressive = progressive;
        _height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        _width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        ImageDecoder.CheckSize(_name, $"offset {offset}", _width, _height, MaxPixelsPerByte * _bytes.Length);

        _components = new Component[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = segment.Slice(6 + (3 * i), 3);
            Component component = new(entry[0], entry[1] >> 4, entry[1] & 15);
            if (component.Horizontal is < 1 or > 4 || component.Vertical is < 1 or > 4)
            {
                throw Error(offset, $"sampling factors {component.Horizontal} x {component.Vertical}; 1 to 4 were expected");
            }

            _components[i] = component;
        }
    }

    /// <summary>
    /// The tables of a segment must fill it exactly: the library reads on behind a segment that is shorter than its tables.
    /// </summary>
    private readonly void CheckTables(ReadOnlySpan<byte> segment, bool huffman, int offset)
    {
        const int CodeLengths = 16;
        while (!segment.IsEmpty)
        {
            int length = 1;
            if (!huffman)
            {
                length += segment[0] >> 4 == 0 ? 64 : 128;
            }
            else if (segment.Length > CodeLengths)
            {
                length += CodeLengths;
                foreach (byte codes in segment.Slice(1, CodeLengths))
                {
                    length += codes;
                }
            }

            if (length > segment.Length || length == 1)
            {
                string kind = huffman ? "Huffman" : "quantisation";
                throw Error(offset, $"a {kind} table that its segment is too short for; at most {segment.Length} bytes were expected");
            }

            segment = segment[length..];
        }
    }

    private void ReadScan(ReadOnlySpan<byte> segment, int offset)
    {
        if (_components.Length == 0)
        {
            throw Error(offset, "a scan before the frame header");
        }

        if (++_scans > MaxScans)
        {
            throw Error(offset, $"more than {MaxScans} scans");
        }

        if (segment.Length < 1 || segment.Length != 4 + (2 * segment[0]) || segment[0] < 1)
        {
            throw Error(offset, $"a scan header of {segment.Length} bytes, which does not fit its number of components");
        }

        int count = segment[0];
        bool isFirstOfDc = segment[1 + (2 * count)] == 0 && segment[3 + (2 * count)] >> 4 == 0;
        int scanned = 0;
        for (int i = 0; i < count; i++)
        {
            scanned |= 1 << FindComponent(segment[1 + (2 * i)], offset);
        }

        // The coefficients that a scan adds to are undefined unless the first scan of the DC coefficients came before.
        if (_progressive && !isFirstOfDc && (scanned & ~_seenComponents) != 0)
        {
            throw Error(offset, "a progressive scan before the first of its component's DC coefficients");
        }

        _seenComponents |= scanned;
        int restarts = SkipEntropyCodedData(out bool hasEmptyInterval);
        if (_restartInterval > 0)
        {
            long expected = (CodedUnits(count, segment[1], offset) - 1) / _restartInterval;
            if (restarts < expected || (hasEmptyInterval && restarts == expected))
            {
                throw Error(
                    _position, $"the scan ends with {restarts} restart markers; {expected}, each with data behind it, were expected");
            }
        }
    }

    private readonly int FindComponent(byte id, int offset)
    {
        for (int i = 0; i < _components.Length; i++)
        {
            if (_components[i].Id == id)
            {
                return i;
            }
        }

        throw Error(offset, $"a scan of component {id}, which the frame header does not declare");
    }

    /// <summary>Minimum coded units in a scan (T.81, A.2): blocks if it has one component, interleaved groups otherwise.</summary>
    private readonly long CodedUnits(int components, byte firstId, int offset)
    {
        int maxHorizontal = _components.Max(component => component.Horizontal);
        int maxVertical = _components.Max(component => component.Vertical);
        if (components > 1)
        {
            return DivideUp(_width, 8 * maxHorizontal) * DivideUp(_height, 8 * maxVertical);
        }

        Component only = _components[FindComponent(firstId, offset)];
        long columns = DivideUp((long)_width * only.Horizontal, maxHorizontal);
        long rows = DivideUp((long)_height * only.Vertical, maxVertical);
        return DivideUp(columns, 8) * DivideUp(rows, 8);
    }

    private static long DivideUp(long value, long divisor) => (value + divisor - 1) / divisor;

    /// <summary>Moves to the marker that ends a scan.</summary>
    /// <param name="hasEmptyInterval">Whether a restart marker had no data behind it.</param>
    /// <returns>How many restart markers were passed.</returns>
    private int SkipEntropyCodedData(out bool hasEmptyInterval)
    {
        hasEmptyInterval = false;
        int restarts = 0;
        int intervalStart = -1;
        while (true)
        {
            int offset = _bytes[_position..].IndexOf((byte)0xFF);
            if (offset < 0 || _position + offset + 1 >= _bytes.Length)
            {
                throw Truncated();
            }

            _position += offset;
            byte next = _bytes[_position + 1];
            if (next == 0xFF)
            {
                intervalStart += _position == intervalStart ? 1 : 0;
                _position++;
                continue;
            }

            bool isRestart = next is >= 0xD0 and <= 0xD7;
            hasEmptyInterval |= next != 0 && _position == intervalStart;
            if (next != 0 && !isRestart)
            {
                return restarts;
            }

            _position += 2;
            if (isRestart)
            {
                restarts++;
                intervalStart = _position;
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

    private ReadOnlySpan<byte> ReadSegment(int markerOffset)
    {
        ReadOnlySpan<byte> rest = _bytes[_position..];
        if (rest.Length < 2)
        {
            throw Truncated();
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (length < 2)
        {
            throw Error(markerOffset, $"a segment of {length} bytes; at least 2 were expected");
        }

        if (length > rest.Length)
        {
            throw Truncated();
        }

        _position += length;
        return rest[2..length];
    }

    private readonly FileFormatException Truncated() =>
        Error(_bytes.Length, "the file is truncated; an end-of-image marker (FFD9) was expected");

    private readonly FileFormatException Error(int offset, string problem) => new(_name, $"offset {offset}", problem);
}
