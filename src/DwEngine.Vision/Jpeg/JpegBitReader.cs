using DwEngine.Files;

namespace DwEngine.Vision.Jpeg;

/// <summary>
/// Reads the entropy-coded data of a JPEG scan bit by bit. A scan must hold exactly the bits that its picture takes: data that end early, a
/// code that no table has, and data that are left over are errors, because a decoder that went on would make noise of them.
/// </summary>
internal ref struct JpegBitReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _name;
    private int _position;
    private ulong _bits;
    private int _count;

    /// <param name="bytes">The whole file.</param>
    /// <param name="position">Where the scan's data begin.</param>
    /// <param name="name">How errors name the file.</param>
    public JpegBitReader(ReadOnlySpan<byte> bytes, int position, string name)
    {
        _bytes = bytes;
        _name = name;
        _position = position;
    }

    /// <summary>Offset of the first byte that has not been taken in.</summary>
    public readonly int Position => _position;

    /// <summary>The next bits as an unsigned number.</summary>
    /// <param name="count">0 to 16.</param>
    public int ReadBits(int count)
    {
        if (_count < count)
        {
            Fill();
            if (_count < count)
            {
                throw EndsEarly();
            }
        }

        _count -= count;
        return (int)(_bits >> _count) & ((1 << count) - 1);
    }

    /// <summary>A number of <paramref name="size"/> bits whose first bit tells the sign (T.81, F.2.2.1).</summary>
    public int ReadSigned(int size)
    {
        if (size == 0)
        {
            return 0;
        }

        int value = ReadBits(size);
        return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /// <summary>The next symbol.</summary>
    public int ReadSymbol(HuffmanTable table)
    {
        if (_count < HuffmanTable.LongestCode)
        {
            Fill();
        }

        // Behind the end there are zeros; a code that would need them is found by its length.
        int next = _count >= HuffmanTable.LongestCode
            ? (int)(_bits >> (_count - HuffmanTable.LongestCode)) & 0xFFFF
            : (int)(_bits << (HuffmanTable.LongestCode - _count)) & 0xFFFF;
        int length = table.Find(next, out int symbol);
        if (length == 0 || length > _count)
        {
            throw _count < HuffmanTable.LongestCode
                ? EndsEarly()
                : Error("is damaged; a code of the scan's Huffman table was expected");
        }

        _count -= length;
        return symbol;
    }

    /// <summary>
    /// Ends a scan or restart interval: no more than the padding of its last byte may be left, and zero bytes, which some cameras append.
    /// </summary>
    /// <returns>The marker behind it.</returns>
    public byte ReadToMarker()
    {
        _count -= _count % 8;
        while (true)
        {
            Fill();
            if (_count == 0)
            {
                break;
            }

            if ((_bits & (ulong.MaxValue >> (64 - _count))) != 0)
            {
                throw Error("has more data than the picture takes; a marker was expected");
            }

            _count = 0;
        }

        _bits = 0;
        int next = _position;
        while (next < _bytes.Length && _bytes[next] == 0xFF)
        {
            next++;
        }

        return next < _bytes.Length ? _bytes[next] : throw EndsEarly();
    }

    /// <summary>Moves behind the marker that <see cref="ReadToMarker"/> found.</summary>
    public void SkipMarker()
    {
        while (_bytes[_position] == 0xFF)
        {
            _position++;
        }

        _position++;
    }

    /// <summary>An error at the current place.</summary>
    public readonly FileFormatException Error(string problem) => new(_name, $"offset {_position}", $"the scan {problem}");

    private readonly FileFormatException EndsEarly() =>
        _position + 1 >= _bytes.Length
            ? new(_name, $"offset {_bytes.Length}", "the file is truncated; an end-of-image marker (FFD9) was expected")
            : Error("ends before the picture is complete; more data were expected");

    /// <summary>Takes in bytes until the bits are full or a marker follows. FF00 stands for the byte FF.</summary>
    private void Fill()
    {
        while (_count <= 56 && _position < _bytes.Length)
        {
            byte value = _bytes[_position];
            int next = _position + 1;
            if (value == 0xFF)
            {
                while (next < _bytes.Length && _bytes[next] == 0xFF)
                {
                    next++;
                }

                if (next == _bytes.Length || _bytes[next] != 0)
                {
                    return;
                }

                next++;
            }

            _position = next;
            _bits = (_bits << 8) | value;
            _count += 8;
        }
    }
}
