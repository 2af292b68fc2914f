using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using DwEngine.Files;

namespace DwEngine.Formats.Pickle;

/// <summary>
/// Reads one pickle as data. It is a stack machine for the opcodes of protocols 0 to 5; nothing of a pickle is ever executed: a global is a
/// name, and calling one of the few that are known runs a few lines of this library, calling any other makes an inert <see
/// cref="PickleObject"/>.
/// </summary>
/// <remarks>
/// Own code because NuGet has no maintained pickle reader, and those that exist create objects through reflection, which Native AOT does
/// not allow and which is as open to hostile pickles as Python is.
/// Time is linear in the pickle's length, and there are at most <see cref="MaxInstructions"/>. Memory is taken from the file's budget
/// before a value is made. No value is visited recursively.
/// </remarks>
internal sealed class PickleMachine
{
    /// <summary>
    /// The most instructions that one pickle may have; a network of 300 tensors takes about 12,000, a history of losses one for each.
    /// </summary>
    public const int MaxInstructions = 10_000_000;

    private const int MaxIntegerBytes = 255;
    private const int MaxIntegerDigits = 256;

    // What values take in memory on a 64-bit system, the room that growing lists keep included.
    private const int BoxBytes = 24, ContainerBytes = 80, ItemBytes = 16, EntryBytes = 32, ObjectBytes = 128;

    private readonly PickleCursor _cursor;
    private readonly IReadOnlyDictionary<string, PickleGlobal> _globals;
    private readonly Func<object?, PickleMachine, object?> _loadPersistent;
    private readonly PickleStack _stack;
    private readonly PickleMemo _memo;
    private readonly Dictionary<string, PickleGlobal> _named = new(StringComparer.Ordinal);
    private int _instructionsLeft = MaxInstructions;

    /// <param name="cursor">Where the pickle starts.</param>
    /// <param name="globals">The globals that are known, by full name.</param>
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

    /// <summary>Where the current instruction starts.</summary>
    public long Position => _cursor.InstructionStart;

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

    /// <summary>Sets an entry of a dict that a call makes.</summary>
    public void Set(PickleDictionary dictionary, object? key, object? value)
    {
        _cursor.Charge(EntryBytes);
        dictionary.Set(key, value);
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
                _stack.Push(Tuple(_stack.PopToMark()));
                break;
            case PickleOpcode.Tuple1:
                _stack.Push(Tuple(_stack.Pop(1)));
                break;
            case PickleOpcode.Tuple2:
                _stack.Push(Tuple(_stack.Pop(2)));
                break;
            case PickleOpcode.Tuple3:
                _stack.Push(Tuple(_stack.Pop(3)));
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                _cursor.Charge(ContainerBytes);
                _stack.Push(new PickleList());
                break;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                object?[] elements = _stack.PopToMark();
                _cursor.Charge(ContainerBytes);
                var list = new PickleList();
                AddAll(list, elements);
                _stack.Push(list);
                break;
            case PickleOpcode.Append:
                object? item = _stack.Pop();
                _cursor.Charge(ItemBytes);
                ListTarget().Items.Add(item);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                object?[] items = _stack.PopToMark();
                AddAll(ListTarget(), items);
                break;
            case PickleOpcode.EmptyDict:
                _cursor.Charge(ContainerBytes);
                _stack.Push(new PickleDictionary());
                break;
            case PickleOpcode.Dict:
                object?[] initial = _stack.PopToMark();
                _cursor.Charge(ContainerBytes);
                var dictionary = new PickleDictionary();
                SetAll(dictionary, initial);
                _stack.Push(dictionary);
                break;
            case PickleOpcode.SetItem:
                object? value = _stack.Pop();
                object? key = _stack.Pop();
                Set(DictionaryTarget(), key, value);
                break;
            case PickleOpcode.SetItems:
                object?[] pairs = _stack.PopToMark();
                SetAll(DictionaryTarget(), pairs);
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
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                object? arguments = _stack.Pop();
                _stack.Push(Call(opcode, _stack.Pop(), arguments));
                break;
            case PickleOpcode.NewObjEx:
                object?[] extended = _stack.Pop(3);
                _stack.Push(Call(opcode, extended[0], extended[1]));
                break;
            case PickleOpcode.Inst:
                string instanceModule = _cursor.TakeLine();
                PickleGlobal instanceClass = Resolve(instanceModule, _cursor.TakeLine());
                _stack.Push(Call(opcode, instanceClass, Tuple(_stack.PopToMark())));
                break;
            case PickleOpcode.Obj:
                object?[] parts = _stack.PopToMark();
                _stack.Push(parts is [var instantiated, .. var rest]
                    ? Call(opcode, instantiated, Tuple(rest))
                    : throw Error("OBJ needs a class"));
                break;
            case PickleOpcode.Build:
                Build(_stack.Pop(), _stack.Peek());
                break;
            case PickleOpcode.BinPersId:
                _cursor.Charge(ObjectBytes);
                _stack.Push(_loadPersistent(_stack.Pop(), this));
                break;
            case PickleOpcode.PersId:
                string persistentId = _cursor.TakeLine();
                _cursor.Charge(ObjectBytes);
                _stack.Push(_loadPersistent(persistentId, this));
                break;
            case PickleOpcode.Ext1:
                _stack.Push(Placeholder($"copyreg extension {_cursor.TakeByte()} (EXT1)"));
                break;
            case PickleOpcode.Ext2:
                _stack.Push(Placeholder($"copyreg extension {_cursor.TakeUInt16()} (EXT2)"));
                break;
            case PickleOpcode.Ext4:
                _stack.Push(Placeholder($"copyreg extension {_cursor.TakeUInt32()} (EXT4)"));
                break;
            case PickleOpcode.NextBuffer:
                _stack.Push(Placeholder("a buffer outside the pickle"));
                break;
            case PickleOpcode.ReadOnlyBuffer:
                _stack.Peek();
                break;

            default:
                _stack.Push(TakeScalar(opcode));
                break;
        }
    }

    private object? TakeScalar(PickleOpcode opcode)
    {
        _cursor.Charge(opcode is PickleOpcode.None ? 0 : BoxBytes);
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
                ReadOnlySpan<byte> integer = _cursor.Take(integerBytes);
                return integerBytes <= MaxIntegerBytes ? Integer(integer) : Placeholder(
                    $"an integer of {Words.Count(integerBytes, "byte")}");
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
                return WithoutEscapes(TakeText());
            case PickleOpcode.String:
                string quoted = TakeText();
                return quoted.Length >= 2 && quoted[0] is '\'' or '"' && quoted[^1] == quoted[0]
                    ? WithoutEscapes(quoted[1..^1])
                    : throw Error("a STRING without quotes");
            // Python 2 strings hold bytes; those of state dicts are ASCII names.
            case PickleOpcode.BinString:
                return Latin1(_cursor.Take(_cursor.TakeUInt32()));
            case PickleOpcode.ShortBinString:
                return Latin1(_cursor.Take(_cursor.TakeByte()));
            case PickleOpcode.BinBytes:
                return Bytes(_cursor.Take(_cursor.TakeUInt32()));
            case PickleOpcode.ShortBinBytes:
                return Bytes(_cursor.Take(_cursor.TakeByte()));
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                return Bytes(_cursor.Take(_cursor.TakeUInt64()));

            default:
                string name = Enum.IsDefined(opcode) ? $"opcode {opcode.ToString().ToUpperInvariant()}" : "unknown opcode";
                throw Error($"{name} (0x{(byte)opcode:x2}) is not allowed in a checkpoint");
        }
    }

    private PickleGlobal Resolve(string module, string name)
    {
        string fullName = $"{module}.{name}";
        if (_globals.TryGetValue(fullName, out PickleGlobal? known) || _named.TryGetValue(fullName, out known))
        {
            return known;
        }

        _cursor.Charge(ObjectBytes + (fullName.Length * sizeof(char)));
        var named = new PickleGlobal(fullName);
        _named.Add(fullName, named);
        return named;
    }

    private object? Call(PickleOpcode opcode, object? callable, object? arguments)
    {
        _cursor.Charge(ObjectBytes);
        return (callable, arguments) switch
        {
            // A known global is a function or a plain class, which no pickle instantiates otherwise.
            (PickleGlobal global, PickleTuple tuple) when opcode == PickleOpcode.Reduce => global.Call(tuple, this),
            (PickleGlobal global, PickleTuple tuple) => new PickleObject(global.Name, Position) { Arguments = tuple },
            (PickleObject maker, PickleTuple tuple) => new PickleObject(maker.Kind, Position) { Arguments = tuple },
            _ => throw Error($"{opcode.ToString().ToUpperInvariant()} needs a global and a tuple of arguments"),
        };
    }

    private PickleObject Placeholder(string kind)
    {
        _cursor.Charge(ObjectBytes);
        return new PickleObject(kind, Position);
    }

    // State such as an OrderedDict's _metadata says nothing about the tensors; that of an object may hold some.
    private void Build(object? state, object? target)
    {
        if (target is null or string or long or BigInteger or bool or double or byte[])
        {
            throw Error("BUILD needs an object to set the state of");
        }

        if (target is PickleObject placeholder)
        {
            // A class with slots has a pair: what stands in its dict, and what in its slots.
            placeholder.State = state switch
            {
                PickleTuple { Items: [var inDictionary, var inSlots] } => inDictionary as PickleDictionary ?? inSlots as PickleDictionary,
                _ => state as PickleDictionary,
            };
        }
    }

    private PickleTuple Tuple(object?[] items)
    {
        _cursor.Charge(ContainerBytes + (items.Length * sizeof(long)));
        return items.Length == 0 ? PickleTuple.Empty : new PickleTuple(items);
    }

    private PickleList ListTarget() => _stack.Peek() switch
    {
        PickleList list => list,
        PickleObject placeholder => placeholder.Items ??= new PickleList(),
        _ => throw Error("items are added to something that is not a list"),
    };

    private PickleDictionary DictionaryTarget() => _stack.Peek() switch
    {
        PickleDictionary dictionary => dictionary,
        PickleObject placeholder => placeholder.Entries ??= new PickleDictionary(),
        _ => throw Error("items are added to something that is not a dict"),
    };

    private void AddAll(PickleList list, object?[] items)
    {
        _cursor.Charge((long)items.Length * ItemBytes);
        list.Items.AddRange(items);
    }

    private void SetAll(PickleDictionary dictionary, object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0)
        {
            throw Error("a dict's entries need a key and a value each");
        }

        for (int i = 0; i < keysAndValues.Length; i += 2)
        {
            Set(dictionary, keysAndValues[i], keysAndValues[i + 1]);
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
        digits.Length <= MaxIntegerDigits
            && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger value)
            ? Narrow(value)
            : throw Error("not an integer, or one of too many digits");

    private static object Integer(ReadOnlySpan<byte> littleEndian) => Narrow(new BigInteger(littleEndian));

    // Without the cast to object the conditional would turn every long back into a BigInteger.
    private static object Narrow(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    private string Text(ReadOnlySpan<byte> utf8)
    {
        _cursor.Charge((long)utf8.Length * sizeof(char));
        return Encoding.UTF8.GetString(utf8);
    }

    private string Latin1(ReadOnlySpan<byte> text)
    {
        _cursor.Charge((long)text.Length * sizeof(char));
        return Encoding.Latin1.GetString(text);
    }

    private byte[] Bytes(ReadOnlySpan<byte> bytes)
    {
        _cursor.Charge(bytes.Length);
        return bytes.ToArray();
    }

    private string TakeText()
    {
        string line = _cursor.TakeLine();
        _cursor.Charge((long)line.Length * sizeof(char));
        return line;
    }

    private string WithoutEscapes(string text) =>
        text.Contains('\\') ? throw Error("escape sequences in protocol 0 strings are not read") : text;
}
