using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace DwEngine.Formats.Tests;

/// <summary>A storage of a test checkpoint.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Type">The storage type without the module, such as <c>FloatStorage</c>.</param>
/// <param name="ElementSize">Bytes for each element.</param>
/// <param name="Bytes">The content.</param>
internal sealed record StorageSpec(string Key, string Type, int ElementSize, byte[] Bytes)
{
    /// <summary>The number of elements that the pickle claims, if it is not the true one.</summary>
    public long? ClaimedCount { get; init; }

    /// <summary>The view metadata of the stream format: view key, offset, size.</summary>
    public object?[]? View { get; init; }

    public long Count => Bytes.Length / ElementSize;

    public static StorageSpec Floats(string key, params float[] values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return new StorageSpec(key, "FloatStorage", sizeof(float), bytes);
    }
}

/// <summary>A strided view of a storage.</summary>
internal sealed record TensorSpec(StorageSpec Storage, long Offset, long[] Sizes, long[] Strides)
{
    public bool IsParameter { get; init; }

    public static TensorSpec Whole(StorageSpec storage) => new(storage, 0, [storage.Count], [1]);
}

/// <summary>A Python global, written by name.</summary>
internal sealed record GlobalSpec(string Module, string Name);

/// <summary>A call of a global.</summary>
internal sealed record CallSpec(GlobalSpec Callable, params object?[] Arguments);

/// <summary>An object of a class, made by NEWOBJ; what is not null is added to it as Python adds it.</summary>
internal sealed record ObjectSpec(GlobalSpec Class, params object?[] Arguments)
{
    /// <summary>The attributes.</summary>
    public object? State { get; init; }

    /// <summary>The entries of a subclass of dict.</summary>
    public Dictionary<string, object?>? Entries { get; init; }

    /// <summary>The items of a subclass of list.</summary>
    public List<object?>? Items { get; init; }
}

/// <summary>Bytes of a pickle as they are.</summary>
internal sealed record RawSpec(byte[] Bytes)
{
    public RawSpec(string latin1)
        : this(Encoding.Latin1.GetBytes(latin1))
    {
    }
}

/// <summary>A collections.OrderedDict with a state set by BUILD, as <c>state_dict()</c> returns it.</summary>
internal sealed record OrderedDictSpec(Dictionary<string, object?> Entries);

/// <summary>
/// Writes pickles as <c>torch.save</c> does, for tests only: tuples are object arrays, lists List, dicts Dictionary. Protocol 4 and above
/// use the newer opcodes.
/// </summary>
internal sealed class PickleBuilder
{
    private readonly MemoryStream _bytes = new();
    private readonly int _protocol;
    private readonly bool _stream;
    private int _memo;

    /// <param name="protocol">The pickle protocol.</param>
    /// <param name="stream">Whether storages are written as the stream format does: with view metadata.</param>
    public PickleBuilder(int protocol = 2, bool stream = false)
    {
        _protocol = protocol;
        _stream = stream;
        if (protocol >= 2)
        {
            Raw(0x80, (byte)protocol);
        }

        if (protocol >= 4)
        {
            // A frame's length is only a hint.
            Raw(0x95, 1, 0, 0, 0, 0, 0, 0, 0);
        }
    }

    public static byte[] Pickle(object? value, int protocol = 2, bool stream = false) =>
        new PickleBuilder(protocol, stream).Value(value).Stop();

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleBuilder Ascii(string text) => Raw(Encoding.ASCII.GetBytes(text));

    public byte[] Stop() => Raw((byte)'.')._bytes.ToArray();

    public PickleBuilder Value(object? value)
    {
        switch (value)
        {
            case null:
                return Ascii("N");
            case bool flag:
                return _protocol >= 2 ? Raw(flag ? (byte)0x88 : (byte)0x89) : Ascii(flag ? "I01\n" : "I00\n");
            case int number:
                return Integer(number);
            case long number:
                return Integer(number);
            case BigInteger number:
                byte[] digits = number.ToByteArray();
                return _protocol >= 2 ? Raw(0x8A, (byte)digits.Length).Raw(digits) : Ascii($"L{number}L\n");
            case double number:
                byte[] bits = new byte[8];
                BinaryPrimitives.WriteDoubleBigEndian(bits, number);
                return Ascii("G").Raw(bits);
            case string text:
                byte[] utf8 = Encoding.UTF8.GetBytes(text);
                return (_protocol >= 4 && utf8.Length < 256 ? Raw(0x8C, (byte)utf8.Length) : Ascii("X").UInt32((uint)utf8.Length)).Raw(
                    utf8).Put();
            case GlobalSpec global:
                return _protocol >= 4 ? Value(global.Module).Value(global.Name).Raw(0x93).Put()
                    : Ascii($"c{global.Module}\n{global.Name}\n").Put();
            case CallSpec call:
                return Value(call.Callable).Value(call.Arguments).Ascii("R").Put();
            case RawSpec raw:
                return Raw(raw.Bytes);
            case ObjectSpec made:
                Value(made.Class).Value(made.Arguments).Raw(0x81).Put();
                if (made.Items is { } items)
                {
                    Ascii("(");
                    items.ForEach(item => Value(item));
                    Ascii("e");
                }

                if (made.Entries is { } entries)
                {
                    Entries(entries);
                }

                return made.State is null ? this : Value(made.State).Ascii("b");
            case object?[] tuple:
                return Tuple(tuple);
            case List<object?> list:
                Ascii("]").Put().Ascii("(");
                list.ForEach(item => Value(item));
                return Ascii("e");
            case Dictionary<string, object?> dictionary:
                return Ascii("}").Put().Entries(dictionary);
            case OrderedDictSpec ordered:
                return Value(new CallSpec(new GlobalSpec("collections", "OrderedDict"))).Entries(ordered.Entries)
                    .Value(new Dictionary<string, object?> { ["_metadata"] = new Dictionary<string, object?> { ["version"] = 1 } }).Ascii(
                        "b");
            case StorageSpec storage:
                var id = new List<object?>
                {
                    "storage", new GlobalSpec("torch", storage.Type), storage.Key, "cpu", storage.ClaimedCount ?? storage.Count,
                };
                if (_stream)
                {
                    id.Add(storage.View);
                }

                return Value(id.ToArray()).Ascii("Q");
            case TensorSpec tensor:
                var rebuilt = new CallSpec(
                    new GlobalSpec("torch._utils", "_rebuild_tensor_v2"),
                    tensor.Storage,
                    tensor.Offset,
                    Integers(tensor.Sizes),
                    Integers(tensor.Strides),
                    false,
                    new CallSpec(new GlobalSpec("collections", "OrderedDict")));
                return Value(tensor.IsParameter
                    ? new CallSpec(new GlobalSpec("torch._utils", "_rebuild_parameter"), rebuilt, true,
                        new CallSpec(new GlobalSpec("collections", "OrderedDict")))
                    : rebuilt);
            default:
                throw new ArgumentException($"No pickle for {value.GetType()}.");
        }
    }

    private static object?[] Integers(long[] values) => [.. values.Select(value => (object?)value)];

    private PickleBuilder Entries(Dictionary<string, object?> entries)
    {
        Ascii("(");
        foreach ((string key, object? value) in entries)
        {
            Value(key).Value(value);
        }

        return Ascii("u");
    }

    private PickleBuilder Tuple(object?[] items)
    {
        if (items.Length == 0)
        {
            return Ascii(")");
        }

        bool isShort = items.Length <= 3 && _protocol >= 2;
        if (!isShort)
        {
            Ascii("(");
        }

        foreach (object? item in items)
        {
            Value(item);
        }

        return (isShort ? Raw((byte)(0x84 + items.Length)) : Ascii("t")).Put();
    }

    private PickleBuilder Integer(long value) => value switch
    {
        >= 0 and < 256 => Raw((byte)'K', (byte)value),
        >= 0 and < 65536 => Raw((byte)'M', (byte)value, (byte)(value >> 8)),
        >= int.MinValue and <= int.MaxValue => Ascii("J").UInt32((uint)(int)value),
        _ => Value(new BigInteger(value)),
    };

    private PickleBuilder UInt32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }

    private PickleBuilder Put()
    {
        if (_protocol >= 4)
        {
            return Raw(0x94);
        }

        int index = _memo++;
        return index < 256 ? Raw((byte)'q', (byte)index) : Ascii("r").UInt32((uint)index);
    }
}

/// <summary>Writes whole checkpoints in both of PyTorch's formats.</summary>
internal static class TorchFile
{
    public static BigInteger Magic { get; } =
        BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    public static byte[] Write(bool stream, object? root, params StorageSpec[] storages) =>
        stream ? Stream(root, storages) : Zip(root, storages);

    public static byte[] Zip(object? root, params StorageSpec[] storages) => ZipOf(PickleBuilder.Pickle(root), storages);

    public static byte[] ZipOf(
        byte[] pickle, StorageSpec[] storages, string name = "archive", string? byteOrder = "little",
        CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, $"{name}/data.pkl", pickle, level);
            if (byteOrder is not null)
            {
                Add(zip, $"{name}/byteorder", Encoding.ASCII.GetBytes(byteOrder), level);
            }

            foreach (StorageSpec storage in storages)
            {
                Add(zip, $"{name}/data/{storage.Key}", storage.Bytes, level);
            }

            Add(zip, $"{name}/version", "3\n"u8.ToArray(), level);
        }

        return stream.ToArray();
    }

    public static byte[] Stream(object? root, params StorageSpec[] storages) => Stream(root, 2, true, storages);

    public static byte[] Stream(object? root, int protocol, bool littleEndian, params StorageSpec[] storages) =>
        StreamOf(PickleBuilder.Pickle(root, protocol, stream: true), protocol, littleEndian, storages);

    public static byte[] StreamOf(byte[] pickle, int protocol = 2, bool littleEndian = true, params StorageSpec[] storages)
    {
        using var stream = new MemoryStream();
        stream.Write(PickleBuilder.Pickle(Magic, protocol));
        stream.Write(PickleBuilder.Pickle(1001, protocol));
        stream.Write(PickleBuilder.Pickle(
            new Dictionary<string, object?> { ["protocol_version"] = 1001, ["little_endian"] = littleEndian }, protocol));
        stream.Write(pickle);
        stream.Write(PickleBuilder.Pickle(new List<object?>(storages.Select(storage => storage.Key)), protocol));
        byte[] count = new byte[8];
        foreach (StorageSpec storage in storages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(count, storage.Count);
            stream.Write(count);
            stream.Write(storage.Bytes);
        }

        return stream.ToArray();
    }

    private static void Add(ZipArchive zip, string name, byte[] bytes, CompressionLevel level)
    {
        using Stream member = zip.CreateEntry(name, level).Open();
        member.Write(bytes);
    }
}
