using System.Buffers.Binary;
using System.Text;
using DwEngine.Files;

namespace DwEngine.Formats.Pickle;

/// <summary>
/// Reads a pickle's bytes, from memory or through a window on a file. A length that the pickle states is compared with what is left before
/// anything is taken for it.
/// </summary>
internal sealed class PickleCursor
{
    /// <summary>The longest pickle that is read. Tensors lie outside the pickle, but a training script's own arrays lie within.</summary>
    public const long MaxLength = 256 << 20;

    private const int WindowLength = 1 << 16;
    private const int MaxLineLength = 4096;

    private readonly SourceFile _file;
    private readonly MemoryBudget _budget;
    private readonly string _place;
    private readonly bool _windowed;
    private readonly long _end;
    private byte[] _buffer;
    private long _bufferStart;
    private int _next;
    private int _filled;

    /// <summary>A cursor over a member of an archive that is in memory already.</summary>
    /// <param name="file">The file, for messages.</param>
    /// <param name="member">The member's name, for messages.</param>
    /// <param name="bytes">The member's bytes.</param>
    /// <param name="budget">What the file may take in memory; the bytes are taken from it already.</param>
    public PickleCursor(SourceFile file, string member, byte[] bytes, MemoryBudget budget)
    {
        _file = file;
        _budget = budget;
        _place = member + ", byte ";
        _buffer = bytes;
        _filled = bytes.Length;
        _end = bytes.Length;
    }

    /// <summary>A cursor over a file from a byte offset on.</summary>
    public PickleCursor(SourceFile file, long start, MemoryBudget budget)
    {
        _file = file;
        _budget = budget;
        _place = "byte ";
        _windowed = true;
        _buffer = [];
        _bufferStart = start;
        _end = Math.Min(file.Length, start + MaxLength);
        Start = start;
    }

    /// <summary>Where the pickle starts.</summary>
    public long Start { get; }

    /// <summary>Where the next byte is read.</summary>
    public long Position => _bufferStart + _next;

    /// <summary>Where the current instruction starts, for messages.</summary>
    public long InstructionStart { get; set; }

    public FileFormatException Error(string problem) => _file.Error(_place + InstructionStart, problem);

    /// <summary>Takes memory for a value that the pickle makes; called before it is made.</summary>
    public void Charge(long bytes)
    {
        if (!_budget.TryTake(bytes))
        {
            throw Error(_budget.Refusal(bytes));
        }
    }

    public byte TakeByte() => Take(1)[0];

    /// <summary>The next bytes, valid until the next call.</summary>
    public ReadOnlySpan<byte> Take(ulong count)
    {
        Demand(count);
        ReadOnlySpan<byte> taken = _buffer.AsSpan(_next, (int)count);
        _next += (int)count;
        return taken;
    }

    public ushort TakeUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>The text up to the next line feed, which is taken too but is no part of the text.</summary>
    public string TakeLine()
    {
        for (int length = 0; length <= MaxLineLength; length++)
        {
            Demand((ulong)length + 1);
            if (_buffer[_next + length] == (byte)'\n')
            {
                string line = Encoding.UTF8.GetString(_buffer, _next, length);
                _next += length + 1;
                return line;
            }
        }

        throw Error($"a line of the pickle is longer than {MaxLineLength} bytes");
    }

    private void Demand(ulong count)
    {
        long left = _end - Position;
        if (count > (ulong)left)
        {
            throw Error(
                _end < _file.Length && _windowed
                    ? $"{count} more bytes are wanted; a pickle may have {MaxLength} bytes in all"
                    : $"{count} more bytes are wanted, {left} are left; the pickle is truncated or corrupt");
        }

        if (count > (ulong)(_filled - _next))
        {
            Refill((int)count, left);
        }
    }

    private void Refill(int wanted, long left)
    {
        long start = Position;
        int length = (int)Math.Min(left, Math.Max(wanted, WindowLength));
        if (_buffer.Length < length)
        {
            Charge(length);
            _buffer = new byte[length];
        }

        _file.Read(start, _buffer.AsSpan(0, length), _place + InstructionStart);
        _bufferStart = start;
        _next = 0;
        _filled = length;
    }
}
