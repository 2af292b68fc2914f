using DwEngine.Files;

namespace DwEngine.Onnx.Reading;

/// <summary>
/// Goes through the wire form of a model before it is parsed, without holding any of it: lengths must lie within each other, and what the
/// messages will take in memory is taken from the budget. An empty message is two bytes in the file and hundreds in memory.
/// </summary>
internal sealed class WireScan
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    // Objects with their lists, a little above what they take.
    private const int MessageBytes = 160, TextBytes = 64;

    private readonly Stream _stream;
    private readonly MemoryBudget _budget;
    private readonly string _file;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _next, _filled;
    private long _bufferStart;

    private WireScan(string file, Stream stream, MemoryBudget budget) => (_file, _stream, _budget) = (file, stream, budget);

    private long Position => _bufferStart + _next;

    /// <summary>Scans a whole stream, from its start.</summary>
    /// <exception cref="FileFormatException">It is no sequence of fields, or would take more memory than the budget has.</exception>
    public static void Run(string file, Stream stream, MessageKind message, MemoryBudget budget)
    {
        stream.Position = 0;
        new WireScan(file, stream, budget).Message(message, stream.Length);
    }

    // The nesting is that of the schema, which has no recursion.
    private void Message(MessageKind message, long end)
    {
        while (Position < end)
        {
            long start = Position;
            ulong tag = ReadVarint(end);
            if (tag > uint.MaxValue || tag >> 3 == 0)
            {
                throw Error(start, $"{tag} is no field of a message: the file is no ONNX file, or is damaged");
            }

            (FieldKind kind, MessageKind child) = WireSchema.FieldOf(message, (int)(tag >> 3));
            switch (tag & 7)
            {
                case Varint:
                    _ = ReadVarint(end);
                    Take(kind is FieldKind.Numbers4 or FieldKind.Numbers8 ? 8 : 0, start);
                    break;
                case Fixed64:
                    Skip(8, end, start);
                    Take(kind is FieldKind.Bytes ? 8 : 0, start);
                    break;
                case Fixed32:
                    Skip(4, end, start);
                    Take(kind is FieldKind.Bytes ? 4 : 0, start);
                    break;
                case Delimited:
                    ulong length = ReadVarint(end);
                    if (length > (ulong)(end - Position))
                    {
                        throw Error(
                            start, $"a field has {length} bytes, but only {end - Position} are left: the file is cut short, or is no "
                            + "ONNX file");
                    }

                    Delimit(kind, child, (long)length, start);
                    break;
                default:
                    throw Error(
                        start, $"the kind of field {tag & 7} is not one of a model: the file is no ONNX file, or is damaged");
            }
        }
    }

    private void Delimit(FieldKind kind, MessageKind child, long length, long start)
    {
        switch (kind)
        {
            case FieldKind.Message:
                Take(MessageBytes, start);
                Message(child, Position + length);
                return;
            case FieldKind.Text:
                Take(TextBytes + (2 * length), start);
                break;
            case FieldKind.Bytes:
                Take(TextBytes + length, start);
                break;
            case FieldKind.Numbers4 or FieldKind.Numbers8:
                Take(CountNumbers(Position + length) * (kind == FieldKind.Numbers4 ? 4 : 8), start);
                return;
            default:
                break;
        }

        Skip(length, Position + length, start);
    }

    // The last byte of each number has no upper bit.
    private long CountNumbers(long end)
    {
        long count = 0;
        while (Position < end)
        {
            Fill();
            int take = (int)Math.Min(_filled - _next, end - Position);
            foreach (byte value in _buffer.AsSpan(_next, take))
            {
                count += value < 0x80 ? 1 : 0;
            }

            _next += take;
        }

        return count;
    }

    private ulong ReadVarint(long end)
    {
        long start = Position;
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (Position >= end)
            {
                throw Error(start, "a number is cut off: the file is cut short, or is no ONNX file");
            }

            Fill();
            byte next = _buffer[_next++];
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Error(start, "a number has more than ten bytes: the file is no ONNX file, or is damaged");
    }

    private void Skip(long length, long end, long start)
    {
        if (length > end - Position)
        {
            throw Error(start, "a field is cut off: the file is cut short, or is no ONNX file");
        }

        if (length <= _filled - _next)
        {
            _next += (int)length;
            return;
        }

        _bufferStart = Position + length;
        _stream.Position = _bufferStart;
        (_next, _filled) = (0, 0);
    }

    private void Fill()
    {
        if (_next < _filled)
        {
            return;
        }

        _bufferStart += _filled;
        _next = 0;
        _filled = _stream.Read(_buffer);
        if (_filled == 0)
        {
            throw Error(_bufferStart, "the file ends; it was longer when it was opened");
        }
    }

    private void Take(long bytes, long start)
    {
        if (!_budget.TryTake(bytes))
        {
            throw Error(start, _budget.Refusal(bytes));
        }
    }

    private FileFormatException Error(long position, string problem) => new(_file, $"byte {position}", problem);
}
