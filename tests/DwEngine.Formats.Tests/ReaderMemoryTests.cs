using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DwEngine.Files;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>
/// Files of 8 MiB in which everything but tensors is large. What is allocated in all bounds what is held: a few times the file and a fixed
/// amount, whether the file loads or not.
/// </summary>
public class ReaderMemoryTests
{
    private const int Size = 8 << 20;

    // Within JSON within JSON.
    private const string EmptyLabel = "\\\"\\\",", ShortLabel = "\\\"a\\\",";

    private const string EmptyTensor = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";

    // The budget is four times the file and 64 MiB. Lists that grow leave as much again behind.
    private const long MaxAllocated = 2 * ((4L * Size) + (64 << 20));

    public static TheoryData<string> Kinds => [.. s_kinds.Keys];

    private static readonly Dictionary<string, Func<byte[]>> s_kinds = new()
    {
        ["numbers in a mean"] = () => Metadata("mean", $"[{Many("1,")}1]"),
        ["numbers in a std"] = () => Metadata("std", $"[{Many("1,")}1]"),
        ["white space in a mean"] = () => Metadata("mean", $"[{Many(" ")}1]"),
        ["empty labels"] = () => Metadata("labels", $"[{Many(EmptyLabel)}1]"),
        ["labels"] = () => Metadata("labels", $"[{Many(ShortLabel)}1]"),
        ["one label"] = () => Metadata("labels", "[\\\"" + Many("a") + "\\\"]"),
        ["an architecture's name"] = () => Metadata("architecture", Many("a")),
        ["a stem's name"] = () => Metadata("stem", Many("a")),
        ["an unknown key's text"] = () => Metadata("x", Many("\\n")),
        ["unknown keys"] = () => SafeTensors("{\"__metadata__\":{" + Numbered(i => $"\"{i}\":\"\",") + "\"x\":\"\"}}"),
        ["empty tensors"] = () => SafeTensors("{" + Numbered(i => $"\"{i}\":{EmptyTensor},") + $"\"x\":{EmptyTensor}}}"),
        ["a tensor's name"] = () => SafeTensors($"{{\"{Many("a.")}\":{EmptyTensor}}}"),
        ["a type's name"] = () => SafeTensors($"{{\"a\":{EmptyTensor.Replace("F32", Many("a"))}}}"),
        ["members of an archive"] = ManyMembers,
        ["a member's name"] = () => Archive([], "a" + new string('b', 60_000), 130),
        ["lists"] = () => Pickle("]"),
        ["dicts"] = () => Pickle("}"),
        ["popped lists"] = () => Pickle("]0"),
        ["marks"] = () => Pickle("("),
        ["numbers"] = () => Pickle("K\u0001"),
        ["huge numbers"] = () => Pickle("\u008a\u0010abcdefghijklmnop"),
        ["texts"] = () => Pickle("U\0"),
        ["one text"] = () => Pickle("", "X" + Length(Size) + new string('a', Size) + "."),
        ["bytes"] = () => Pickle("C\0"),
        ["empty tuples"] = () => Pickle(")"),
        ["nested tuples"] = () => Pickle("\u0085", start: "N"),
        ["a tuple of all"] = () => Pickle("N", "t.", "("),
        ["a list's items"] = () => Pickle("Na", ".", "]"),
        ["a dict's entries"] = () => Pickle("NNs", ".", "}"),
        ["remembered values"] = () => Pickle("\u0094", ".", "N"),
        ["a distant memo number"] = () => Pickle("N0", "Nr" + Length(Size - 100) + "."),
        ["globals"] = () => Pickle("", Numbered(i => $"ca\n{i}\n0") + "N."),
        ["one global again and again"] = () => Pickle("ca\nb\n"),
        ["objects"] = () => Pickle("h\0)R", ".", "ca\nb\nq\0"),
        ["objects with items"] = () => Pickle("h\0)\u0081Na", ".", "ca\nb\nq\0"),
        ["objects with entries"] = () => Pickle("h\0)\u0081NNs", ".", "ca\nb\nq\0"),
        ["persistent ids"] = () => Pickle("NQ"),
        ["extensions"] = () => Pickle("\u0082\u0001"),
        ["dicts under long names"] = () => Pickle("h\0}s", ".", "}" + Long(100_000) + "q\u0000}s"),
        ["tensors in a folder of a long name"] = () => TorchFile.Zip(
            new RawSpec("}" + Long(100_000) + Tensors() + "s"), StorageSpec.Floats("0", 1)),
        ["tensors by name"] = () => TorchFile.Zip(new RawSpec(Tensors()), StorageSpec.Floats("0", 1)),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_reader_holds_is_bounded_by_the_files_size(string kind)
    {
        byte[] bytes = s_kinds[kind]();
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.bin", bytes);
        bytes = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            CheckpointFile.Load(path);
        }
        catch (FileFormatException error)
        {
            Assert.True(error.Message.Length < 1000, error.Message[..Math.Min(error.Message.Length, 2000)]);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MaxAllocated, $"{allocated >> 20} MiB were allocated for a file of {new FileInfo(path).Length >> 20} MiB.");
    }

    private static string Many(string part) => new StringBuilder().Insert(0, part, Size / part.Length).ToString();

    private static string Numbered(Func<int, string> part, int divisor = 1)
    {
        var text = new StringBuilder();
        for (int i = 0; text.Length < Size / divisor; i++)
        {
            text.Append(part(i));
        }

        return text.ToString();
    }

    private static string Long(int length) => $"X{Length(length)}{new string('k', length)}";

    // A dict of one tensor under many names.
    private static string Tensors() =>
        "}(U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0001tQq\u0001K\0)q\u00020"
        + "ctorch._utils\n_rebuild_tensor\n(h\u0001K\0h\u0002h\u0002tRq\u00030"
        + Numbered(i => $"U{(char)$"{i}".Length}{i}h\u0003s", 4);

    private static string Length(int value) =>
        string.Concat(new[] { value, value >> 8, value >> 16, value >> 24 }.Select(part => (char)(byte)part));

    private static byte[] SafeTensors(string header)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)text.Length), .. text];
    }

    private static byte[] Metadata(string key, string text) => SafeTensors($"{{\"__metadata__\":{{\"{key}\":\"{text}\"}}}}");

    // A pickle of Size bytes that repeats instructions.
    private static byte[] Pickle(string repeated, string end = "N.", string start = "") =>
        TorchFile.ZipOf(Encoding.Latin1.GetBytes(start + (repeated.Length == 0 ? "" : Many(repeated)) + end), []);

    private static byte[] Archive(byte[] pickle, string name, int count)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < count; i++)
            {
                zip.CreateEntry($"{i}{name}").Open().Dispose();
            }

            using Stream member = zip.CreateEntry("a/data.pkl").Open();
            member.Write(pickle);
        }

        return stream.ToArray();
    }

    // A directory and nothing before it, for the entries that nobody opens; more than 65,535 need the 64-bit end record.
    private static byte[] ManyMembers()
    {
        const int EntryLength = 46 + 3;
        const int Count = Size / EntryLength;
        byte[] bytes = new byte[(Count * EntryLength) + 56 + 20 + 22];
        Span<byte> rest = bytes;
        for (int i = 0; i < Count; i++, rest = rest[EntryLength..])
        {
            "PK\u0001\u0002"u8.CopyTo(rest);
            rest[28] = 3;
            // Any three bytes that differ.
            (rest[46], rest[47], rest[48]) = ((byte)('0' + (i & 63)), (byte)('0' + ((i >> 6) & 63)), (byte)('0' + (i >> 12)));
        }

        "PK\u0006\u0006"u8.CopyTo(rest);
        BinaryPrimitives.WriteInt64LittleEndian(rest[4..], 44);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(rest[32..], Count);
        BinaryPrimitives.WriteInt64LittleEndian(rest[40..], Count * EntryLength);
        "PK\u0006\u0007"u8.CopyTo(rest[56..]);
        BinaryPrimitives.WriteInt64LittleEndian(rest[64..], Count * EntryLength);
        rest[72] = 1;
        "PK\u0005\u0006"u8.CopyTo(rest[76..]);
        rest.Slice(76 + 8, 12).Fill(255);
        rest.Slice(76 + 16, 4).Fill(255);
        // Recognised by its start.
        return bytes;
    }
}
