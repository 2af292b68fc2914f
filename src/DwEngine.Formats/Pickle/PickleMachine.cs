using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using DwEngine.Formats.Files;

namespace DwEngine.Formats.Pickle;

/// <summary>
/// Reads one pickle as data. It is a stack machine for the opcodes of protocols 0 to 5 that build plain values; nothing of a pickle is ever executed: a
/// global is a row of the allow-list, and calling it runs a few lines of this library.
/// </summary>
/// <remarks>
/// Own code because NuGet has no maintained pickle reader, and those that exist create objects through reflection, which Native AOT does not allow and
/// which is as open to hostile pickles as Python is.
/// Time and memory are linear in the pickle's length: every instruction takes at least one byte and creates at most one object of bounded size beside
/// the bytes it reads, and there are at most <see cref="MaxInstructions"/>. No value is visited recursively.
/// </remarks>
internal sealed class PickleMachine
{
    /// <summary>The most instructions that one pickle may have; a network of 300 tensors takes about 12,000.</summary>
    public const int MaxInstructions = 1_000_000;

    private const int MaxIntegerBytes = 255;
    private const int MaxIntegerDigits = 256;

    private readonly PickleCursor _cursor;
    private readonly IReadOnlyDictionary<string, PickleGlobal> _globals;
    private readonly Func<object?, PickleMachine, object?> _loadPersistent;
    private readonly PickleStack _stack;
    private readonly PickleMemo _memo;
    private int _instructionsLeft = MaxInstructions;

    /// <param name="cursor">Where the pickle starts.</param>
    /// <param name="globals">The allow-list, by full name.</param>
    /// <param name="loadPersistent">Turns a persistent id into the value it stands for.</param>
    public PickleMachine(
        PickleCursor cursor, IReadOnlyDictionary<string, PickleGlobal> globals, Func<object?, PickleMachine, object?> loadPersistent)
    {
        _cursor = cursor;
        _globals = globals;
        _loadPersistent = loadPersistent;
        _stack = new PickleStack(cursor);
        _memo = new PickleMemo(cursor);
    }

    public FileFormatException Error(string problem) => _cursor.Error(problem);

    /// <summary>Counts further steps against <see cref="MaxInstructions"/>, for calls whose cost depends on their arguments.</summary>
    public void Charge(int steps)
    {
        if (steps > _instructionsLeft)
        {
            throw Error($"the pickle has more than {MaxInstructions} instructions");
        }

        _instructionsLeft -= steps;
    }

    /// <summary>Reads the pickle up to and including its STOP.</summary>
    /// <exception cref="FileFormatException">The pickle is malformed or asks for what is not allowed.</exception>
    public object? Load()
    {
        while (true)
        {
            _cursor.InstructionStart = _cursor.Position;
            Charge(1);
            var opcode = (PickleOpcode)_cursor.TakeByte();
            if (opcode == PickleOpcode.Stop)
            {
                return _stack.Pop();
            }

            Step(opcode);
        }
    }

    private void Step(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                byte protocol = _cursor.TakeByte();
                if (protocol > 5)
                {
                    throw Error($"pickle protocol {protocol} is unknown; expected 0 to 5");
                }

                break;
            case PickleOpcode.Frame:
                // Frames only help streaming readers.
                _cursor.TakeUInt64();
                break;

            case PickleOpcode.Mark:
                _stack.Mark();
                break;
            case PickleOpcode.Pop:
                _stack.PopValueOrMark();
                break;
            case PickleOpcode.PopMark:
                _stack.PopToMark();
                break;
            case PickleOpcode.Dup:
                _stack.Push(_stack.Peek());
                break;

            case PickleOpcode.Get:
                _stack.Push(_memo.Get(TakeIndexLine()));
                break;
            case PickleOpcode.BinGet:
                _stack.Push(_memo.Get(_cursor.TakeByte()));
                break;
            case PickleOpcode.LongBinGet:
                _stack.Push(_memo.Get(_cursor.TakeUInt32()));
                break;
            case PickleOpcode.Put:
                _memo.Put(TakeIndexLine(), _stack.Peek());
                break;
            case PickleOpcode.BinPut:
                _memo.Put(_cursor.TakeByte(), _stack.Peek());
                break;
            case PickleOpcode.LongBinPut:
                _memo.Put(_cursor.TakeUInt32(), _stack.Peek());
                break;
            case PickleOpcode.Memoize:
                _memo.Append(_stack.Peek());
                break;

            case PickleOpcode.EmptyTuple:
                _stack.Push(PickleTuple.Empty);
                break;
            case PickleOpcode.Tuple:
                _stack.Push(new PickleTuple(_stack.PopToMark()));
                break;
            case PickleOpcode.Tuple1:
                _stack.Push(new PickleTuple(_stack.Pop(1)));
                break;
            case PickleOpcode.Tuple2:
                _stack.Push(new PickleTuple(_stack.Pop(2)));
                break;
            case PickleOpcode.Tuple3:
                _stack.Push(new PickleTuple(_stack.Pop(3)));
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                _stack.Push(new PickleList());
                break;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                var list = new PickleList();
                list.Items.AddRange(_stack.PopToMark());
                _stack.Push(list);
                break;
            case PickleOpcode.Append:
                object? item = _stack.Pop();
                Target<PickleList>("list").Items.Add(item);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                object?[] items = _stack.PopToMark();
                Target<PickleList>("list").Items.AddRange(items);
                break;
            case PickleOpcode.EmptyDict:
                _stack.Push(new PickleDictionary());
                break;
            case PickleOpcode.Dict:
                object?[] initial = _stack.PopToMark();
                var dictionary = new PickleDictionary();
                SetAll(dictionary, initial);
                _stack.Push(dictionary);
                break;
            case PickleOpcode.SetItem:
                object?[] pair = _stack.Pop(2);
                SetAll(Target<PickleDictionary>("dict"), pair);
                break;
            case PickleOpcode.SetItems:
                object?[] pairs = _stack.PopToMark();
                SetAll(Target<PickleDictionary>("dict"), pairs);
                break;

            case PickleOpcode.Global:
                string module = _cursor.TakeLine();
                _stack.Push(Resolve(module, _cursor.TakeLine()));
                break;
            case PickleOpcode.StackGlobal:
                object?[] names = _stack.Pop(2);
                _stack.Push(Resolve(
                    names[0] as string ?? throw Error("STACK_GLOBAL needs a module's name as text"),
                    names[1] as string ?? throw Error("STACK_GLOBAL needs a global's name as text")));
                break;
            case PickleOpcode.Inst:
                // INST resolves and calls in one instruction; PyTorch never writes it, so even an allowed global is refused.
                string instanceModule = _cursor.TakeLine();
                throw Error($"opcode INST of {Quoting.Plain($"{instanceModule}.{_cursor.TakeLine()}")} is not allowed in a checkpoint");
            case PickleOpcode.Reduce:
                object?[] call = _stack.Pop(2);
                _stack.Push(Call(call[0], call[1]));
                break;
            case PickleOpcode.Build:
                // State such as an OrderedDict's _metadata says nothing about the tensors.
                _stack.Pop();
                if (_stack.Peek() is null or string or long or bool or double or PickleGlobal)
                {
                    throw Error("BUILD needs an object to set the state of");
                }

                break;
            case PickleOpcode.BinPersId:
                _stack.Push(_loadPersistent(_stack.Pop(), this));
                break;

            default:
                _stack.Push(TakeScalar(opcode));
                break;
        }
    }

    private object? TakeScalar(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None:
                return null;
            case PickleOpcode.NewTrue:
                return true;
            case PickleOpcode.NewFalse:
                return false;
            case PickleOpcode.BinInt:
                return (long)(int)_cursor.TakeUInt32();
            case PickleOpcode.BinInt1:
                return (long)_cursor.TakeByte();
            case PickleOpcode.BinInt2:
                return (long)_cursor.TakeUInt16();
            case PickleOpcode.Int:
                string digits = _cursor.TakeLine();
                return digits switch { "00" => false, "01" => true, _ => ParseInteger(digits) };
            case PickleOpcode.Long:
                string longDigits = _cursor.TakeLine();
                return ParseInteger(longDigits.EndsWith('L') ? longDigits[..^1] : longDigits);
            case PickleOpcode.Long1:
                return Integer(_cursor.Take(_cursor.TakeByte()));
            case PickleOpcode.Long4:
                uint integerBytes = _cursor.TakeUInt32();
                if (integerBytes > MaxIntegerBytes)
                {
                    throw Error($"an integer of {integerBytes} bytes; at most {MaxIntegerBytes} are read");
                }

                return Integer(_cursor.Take(integerBytes));
            case PickleOpcode.Float:
                string number = _cursor.TakeLine();
                return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                    ? value
                    : throw Error($"{Quoting.Quoted(number)} is not a number");
            case PickleOpcode.BinFloat:
                return BinaryPrimitives.ReadDoubleBigEndian(_cursor.Take(8));

            case PickleOpcode.BinUnicode:
                return Text(_cursor.Take(_cursor.TakeUInt32()));
            case PickleOpcode.ShortBinUnicode:
                return Text(_cursor.Take(_cursor.TakeByte()));
            case PickleOpcode.BinUnicode8:
                return Text(_cursor.Take(_cursor.TakeUInt64()));
            case PickleOpcode.Unicode:
                return WithoutEscapes(_cursor.TakeLine());
            case PickleOpcode.String:
                string quoted = _cursor.TakeLine();
                return quoted.Length >= 2 && quoted[0] is '\'' or '"' && quoted[^1] == quoted[0]
                    ? WithoutEscapes(quoted[1..^1])
                    : throw Error("a STRING without quotes");
            // Python 2 strings hold bytes; those of state dicts are ASCII names.
            case PickleOpcode.BinString:
                return Encoding.Latin1.GetString(_cursor.Take(_cursor.TakeUInt32()));
            case PickleOpcode.ShortBinString:
                return Encoding.Latin1.GetString(_cursor.Take(_cursor.TakeByte()));
            case PickleOpcode.BinBytes:
                return _cursor.Take(_cursor.TakeUInt32()).ToArray();
            case PickleOpcode.ShortBinBytes:
                return _cursor.Take(_cursor.TakeByte()).ToArray();
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                return _cursor.Take(_cursor.TakeUInt64()).ToArray();

            default:
                string name = Enum.IsDefined(opcode) ? $"opcode {opcode.ToString().ToUpperInvariant()}" : "unknown opcode";
                throw Error($"{name} (0x{(byte)opcode:x2}) is not allowed in a checkpoint");
        }
    }

    private PickleGlobal Resolve(string module, string name)
    {
        string fullName = $"{module}.{name}";
        return _globals.TryGetValue(fullName, out PickleGlobal? global)
            ? global
            : throw Error($"the global {Quoting.Plain(fullName)} is not allowed; a checkpoint may hold only tensors and plain values (save the model's state_dict)");
    }

    private object? Call(object? callable, object? arguments) => (callable, arguments) switch
    {
        (PickleGlobal global, PickleTuple tuple) => global.Call(tuple, this),
        _ => throw Error("REDUCE needs a global and a tuple of arguments"),
    };

    private T Target<T>(string kind) where T : class =>
        _stack.Peek() as T ?? throw Error($"items are added to something that is not a {kind}");

    private void SetAll(PickleDictionary dictionary, object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
        {
            throw Error("a dict's entries need a key and a value each");
        }

        for (int i = 0; i < keysAndValues.Length; i += 2)
        {
            dictionary.Set(keysAndValues[i], keysAndValues[i + 1]);
        }
    }

    private long TakeIndexLine()
    {
        string digits = _cursor.TakeLine();
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            ? index
            : throw Error($"{Quoting.Quoted(digits)} is not a memo number");
    }

    private object ParseInteger(string digits) =>
        digits.Length <= MaxIntegerDigits && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? Narrow(value)
            : throw Error("not an integer, or one of too many digits");

    private static object Integer(ReadOnlySpan<byte> littleEndian) => Narrow(new BigInteger(littleEndian));

    // Without the cast to object the conditional would turn every long back into a BigInteger.
    private static object Narrow(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private string WithoutEscapes(string text) =>
        text.Contains('\\') ? throw Error("escape sequences in protocol 0 strings are not read") : text;
}
