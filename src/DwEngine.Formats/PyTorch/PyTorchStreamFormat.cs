using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using DwEngine.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Models;

namespace DwEngine.Formats.PyTorch;

/// <summary>
/// What <c>torch.save</c> wrote before PyTorch 1.6: five pickles (magic number, protocol version, system facts, the object, the storages'
/// keys), then each storage as a 64-bit element count and its bytes, in the order of the keys.
/// </summary>
internal sealed class PyTorchStreamFormat : ICheckpointFormat
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger MagicNumber =
        BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public string Name => "PyTorch pickle stream";

    public IReadOnlyList<string> Extensions => [".pth", ".pt"];

    public bool CanSave => false;

    /// <summary>
    /// Any pickle is recognised, also those of other programs, so that the error can say what is wrong with it. Protocols 0 and 1 have no
    /// mark of their own: there it is the magic number as text, or a global.
    /// </summary>
    public bool Recognises(ReadOnlySpan<byte> head)
    {
        if (head is [0x80, <= 5, ..] || head.StartsWith("L119547037146038801333356L\n."u8))
        {
            return true;
        }

        int first = head.IndexOf((byte)'\n');
        int second = first < 0 ? -1 : head[(first + 1)..].IndexOf((byte)'\n');
        return head[0] == (byte)PickleOpcode.Global && second >= 0
            && head[(first + second
                + 2)..] is [(byte)PickleOpcode.Mark or (byte)PickleOpcode.EmptyTuple or (byte)PickleOpcode.Put or (byte)PickleOpcode.BinPut,
                    ..];
    }

    public Checkpoint Load(SourceFile file, string? root)
    {
        var storages = new StorageTail(file);
        long position = 0;
        object? first = LoadPickle();
        if (first is not BigInteger magic || magic != MagicNumber)
        {
            throw file.Error(
                "byte 0",
                $"a pickle, but not of torch.save: expected PyTorch's magic number 0x{MagicNumber:x}, found {PickleText.Describe(first)}");
        }

        if (LoadPickle() is not ProtocolVersion)
        {
            throw file.Error("protocol version", $"unknown; expected {ProtocolVersion}");
        }

        if (LoadPickle() is not PickleDictionary system || system.Find("little_endian") is not true)
        {
            throw file.Error("system facts", "not written on a little-endian machine; only little-endian files are read");
        }

        object? content = LoadPickle();
        long end = position - 1;
        object? keys = LoadPickle();
        storages.Index(keys, position);
        return TensorCollector.Load(content, end, root, file, new TensorLoader(file, storages, storages.Budget), storages.Budget);

        object? LoadPickle()
        {
            var cursor = new PickleCursor(file, position, storages.Budget);
            object? value = new PickleMachine(cursor, TorchGlobals.Known, storages.Register).Load();
            position = cursor.Position;
            return value;
        }
    }

    public void Save(string path, Stream stream, Checkpoint checkpoint) => throw new NotSupportedException("PyTorch files are only read.");

    /// <summary>The storages behind the pickles. Only those that tensors of the network need are read.</summary>
    private sealed class StorageTail(SourceFile file) : IStorageSource
    {
        // A claim, a place and their slots in the tables.
        private const int EntryBytes = 256;

        private readonly Dictionary<string, TorchStorage> _claims = new(StringComparer.Ordinal);
        private readonly HashSet<string> _contradicted = new(StringComparer.Ordinal);
        private readonly Dictionary<string, (long Start, long Bytes)> _places = new(StringComparer.Ordinal);

        // Why the place of all storages from one on is not known.
        private string _end = "the file does not list it";

        public MemoryBudget Budget { get; } = new(file);

        /// <summary>Notes the element type of each key, which the tail itself does not tell.</summary>
        public object? Register(object? persistentId, PickleMachine machine)
        {
            object found = TorchStorage.FromPersistentId(persistentId, machine);
            if (found is TorchStorage storage && !_claims.TryAdd(storage.Key, storage)
                && _claims[storage.Key].ElementSize != storage.ElementSize)
            {
                _contradicted.Add(storage.Key);
            }

            return found;
        }

        /// <summary>Finds where each storage starts, up to the first whose length nothing tells.</summary>
        public void Index(object? keys, long position)
        {
            if (keys is not PickleList list)
            {
                throw file.Error("storage keys", "not a list");
            }

            Span<byte> count = stackalloc byte[sizeof(long)];
            foreach (object? item in list.Items)
            {
                if (item is not string key || !_claims.TryGetValue(key, out TorchStorage? storage) || _contradicted.Contains(key))
                {
                    string unknown = item is string name ? Quoting.Quoted(name) : "without a name";
                    _end = $"it may lie behind storage {unknown} at byte {position}, whose length no tensor tells";
                    return;
                }

                string location = $"storage {Quoting.Quoted(key)} at byte {position}";
                file.Read(position, count, location);
                long elements = BinaryPrimitives.ReadInt64LittleEndian(count);
                position += sizeof(long);
                if (elements < 0 || elements > (file.Length - position) / storage.ElementSize)
                {
                    throw file.Error(
                        location,
                        $"{Words.Count(elements, "element")} of {Words.Count(storage.ElementSize, "byte")} are expected; "
                        + $"the file has {file.Length - position} more bytes");
                }

                Budget.Take(EntryBytes, location);
                long bytes = elements * storage.ElementSize;
                if (!_places.TryAdd(key, (position, bytes)))
                {
                    throw file.Error(location, "the file lists this key twice");
                }

                position += bytes;
            }
        }

        public byte[] Read(TorchStorage storage, string location)
        {
            if (!_places.TryGetValue(storage.Key, out (long Start, long Bytes) place))
            {
                throw file.Error(location, $"its storage {Quoting.Quoted(storage.Key)} cannot be found: {_end}");
            }

            if (place.Bytes != storage.ElementCount * storage.ElementSize)
            {
                throw file.Error(
                    location,
                    $"its storage {Quoting.Quoted(storage.Key)} has {Words.Count(place.Bytes, "byte")}; "
                    + $"expected {Words.Count(storage.ElementCount, "element")} of {Words.Count(storage.ElementSize, "byte")}");
            }

            Budget.Take(place.Bytes, location);
            return file.ReadArray(place.Start, place.Bytes, location);
        }
    }
}
