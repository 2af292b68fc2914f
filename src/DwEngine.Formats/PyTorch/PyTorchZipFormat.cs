using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using DwEngine.Files;
using DwEngine.Formats.Pickle;
using DwEngine.Models;

namespace DwEngine.Formats.PyTorch;

/// <summary>
/// What <c>torch.save</c> writes since PyTorch 1.6: a zip archive with <c>NAME/data.pkl</c>, one member <c>NAME/data/KEY</c> for each
/// storage, and <c>NAME/byteorder</c> in newer files.
/// </summary>
internal sealed class PyTorchZipFormat : ICheckpointFormat
{
    // An entry of 46 bytes and a short name becomes an object of the library, a name, and a place in its list and in that of TorchArchive.
    private const int DirectoryMultiple = 16;

    public string Name => "PyTorch zip archive";

    public IReadOnlyList<string> Extensions => [".pth", ".pt"];

    public bool CanSave => false;

    public bool Recognises(ReadOnlySpan<byte> head) => head.StartsWith("PK"u8);

    public Checkpoint Load(SourceFile file, string? root)
    {
        var budget = new MemoryBudget(file);
        using var stream = new SourceStream(file);
        using ZipArchive zip = OpenArchive(file, stream, budget);
        var archive = new TorchArchive(file, zip, budget);
        archive.CheckByteOrder();
        (string pickleName, byte[] pickle) = archive.ReadPickle();
        var machine = new PickleMachine(
            new PickleCursor(file, pickleName, pickle, budget), TorchGlobals.Known, TorchStorage.FromPersistentId);
        object? content = machine.Load();
        return TensorCollector.Load(content, machine.Position, root, file, new TensorLoader(file, archive, budget), budget);
    }

    public void Save(string path, Stream stream, Checkpoint checkpoint) => throw new NotSupportedException("PyTorch files are only read.");

    private static ZipArchive OpenArchive(SourceFile file, SourceStream stream, MemoryBudget budget)
    {
        const string Place = "zip directory";
        ZipArchive? zip = null;
        // The library keeps all that it reads of the directory, so that the bytes that it reads bound what it holds.
        stream.Reading = count => budget.Take((long)count * DirectoryMultiple, Place);
        try
        {
            zip = new ZipArchive(stream, ZipArchiveMode.Read);
            // The directory is read when it is first asked for.
            _ = zip.Entries.Count;
            stream.Reading = null;
            return zip;
        }
        catch (Exception error) when (TorchArchive.IsArchiveError(error))
        {
            zip?.Dispose();
            throw file.Error(Place, $"truncated or corrupt: {error.Message}", error);
        }
    }
}

/// <summary>The members of a PyTorch archive. What the archive says about their lengths is checked before it is believed.</summary>
internal sealed class TorchArchive : IStorageSource
{
    // Deflate cannot do better than about 1032 : 1, so a member that claims more is not what it says.
    private const int MaxCompressionRatio = 1032;
    private const int CompressionOverhead = 64;

    private const string PickleSuffix = "/data.pkl";

    private readonly SourceFile _file;
    private readonly MemoryBudget _budget;
    private readonly Dictionary<string, ZipArchiveEntry> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _doubled = new(StringComparer.Ordinal);
    private readonly string _root;

    public TorchArchive(SourceFile file, ZipArchive zip, MemoryBudget budget)
    {
        _file = file;
        _budget = budget;
        string? root = null;
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string name = entry.FullName;
            if (!_members.TryAdd(name, entry))
            {
                _doubled.Add(name);
            }

            if (name.EndsWith(PickleSuffix, StringComparison.Ordinal) && !name.AsSpan(0, name.Length - PickleSuffix.Length).Contains('/'))
            {
                root = root is null
                    ? name[..^PickleSuffix.Length]
                    : throw file.Error($"member {Quoting.Quoted(name)}", "the archive holds a second data.pkl");
            }
        }

        _root = root ?? throw file.Error("zip archive", "holds no NAME/data.pkl; it was not written by torch.save");
    }

    /// <summary>What <see cref="ZipArchive"/> throws for archives that are not well formed.</summary>
    public static bool IsArchiveError(Exception error) =>
        error is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException;

    public void CheckByteOrder()
    {
        if (_members.TryGetValue(_root + "/byteorder", out ZipArchiveEntry? entry)
            && Encoding.UTF8.GetString(Read(entry)) is var order && order != "little")
        {
            throw _file.Error(
                $"member {Quoting.Quoted(entry.FullName)}", $"byte order {Quoting.Quoted(order)}; only little-endian files are read");
        }
    }

    public (string Name, byte[] Bytes) ReadPickle()
    {
        ZipArchiveEntry entry = _members[_root + PickleSuffix];
        string location = $"member {Quoting.Quoted(entry.FullName)}";
        return entry.Length <= PickleCursor.MaxLength
            ? (Quoting.Plain(entry.FullName), Read(entry))
            : throw _file.Error(location, $"claims {Words.Count(entry.Length, "byte")}; a pickle may have {PickleCursor.MaxLength}");
    }

    public byte[] Read(TorchStorage storage, string location)
    {
        string name = $"{_root}/data/{storage.Key}";
        if (!_members.TryGetValue(name, out ZipArchiveEntry? entry))
        {
            throw _file.Error(location, $"its storage, member {Quoting.Quoted(name)}, is missing from the archive");
        }

        return entry.Length == storage.ElementCount * storage.ElementSize
            ? Read(entry)
            : throw _file.Error(
                location,
                $"its storage, member {Quoting.Quoted(name)}, has {Words.Count(entry.Length, "byte")}; "
                + $"expected {Words.Count(storage.ElementCount, "element")} of {Words.Count(storage.ElementSize, "byte")}");
    }

    private byte[] Read(ZipArchiveEntry entry)
    {
        string location = $"member {Quoting.Quoted(entry.FullName)}";
        if (_doubled.Contains(entry.FullName))
        {
            throw _file.Error(location, "the archive holds this name twice");
        }

        long length = entry.Length;
        long compressed = entry.CompressedLength;
        if (length < 0 || compressed < 0 || compressed > _file.Length || length / MaxCompressionRatio > compressed + CompressionOverhead)
        {
            throw _file.Error(
                location, $"claims {Words.Count(length, "byte")} in {compressed} compressed ones; the whole file has {_file.Length}");
        }

        _budget.Take(length, location);
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)length);
        try
        {
            using Stream stream = entry.Open();
            int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (count != bytes.Length || stream.ReadByte() >= 0)
            {
                throw _file.Error(location, $"does not hold the {Words.Count(length, "byte")} that the archive claims");
            }
        }
        catch (Exception error) when (IsArchiveError(error))
        {
            throw _file.Error(location, $"cannot be read: {error.Message}", error);
        }

        // Zero stands for "not computed": torch.serialization.set_crc32_options(False).
        uint actual = Crc32.HashToUInt32(bytes);
        if (entry.Crc32 != 0 && entry.Crc32 != actual)
        {
            throw _file.Error(location, $"checksum {actual:x8}; the archive says {entry.Crc32:x8}: the data is corrupt");
        }

        return bytes;
    }
}
