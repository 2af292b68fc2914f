using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>
/// Files made to run code, to take all memory or to read out of bounds: a typed error each, with little memory taken before it.
/// </summary>
public class HostileFileTests
{
    private static readonly StorageSpec Two = StorageSpec.Floats("0", 1, 2);

    public static TheoryData<string, string> Calls => new()
    {
        // pickletools' spelling of os.system("true") in protocol 0, 0 by INST, 2, and 4.
        { "cos\nsystem\n(S'true'\ntR.", "os.system" },
        { "(S'true'\nios\nsystem\n.", "os.system" },
        { "\u0080\u0002cposix\nsystem\nq\0X\u0004\0\0\0trueq\u0001\u0085q\u0002Rq\u0003.", "posix.system" },
        {
            "\u0080\u0004\u0095\u001e\0\0\0\0\0\0\0\u008c\u0005posix\u0094\u008c\u0006system\u0094\u0093\u0094"
                + "\u008c\u0004true\u0094\u0085\u0094R\u0094.",
            "posix.system"
        },
        { "\u0080\u0002cbuiltins\neval\n.", "builtins.eval" },
        { "\u0080\u0002ctorch.storage\n_load_from_bytes\n.", "torch.storage._load_from_bytes" },
        { "\u0080\u0002ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "_rebuild_tensor_v2.__globals__" },
        { "\u0080\u0002ccollections\nOrderedDict\n)\u0081.", "collections.OrderedDict" },
        { "\u0080\u0002\u0082\u0001.", "EXT1" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Code_in_place_of_tensors_is_named_and_never_run(string pickleText, string culprit)
    {
        byte[] pickle = Encoding.Latin1.GetBytes(pickleText);
        byte[] inDictionary = [(byte)'}', (byte)'X', 1, 0, 0, 0, (byte)'a', .. pickle[..^1], (byte)'s', (byte)'.'];
        foreach (byte[] file in (byte[][])
        [
            TorchFile.ZipOf(pickle, []),
            TorchFile.ZipOf(inDictionary, []),
            TorchFile.StreamOf(pickle),
            TorchFile.StreamOf(inDictionary),
        ])
        {
            var error = WeightBytes.Refuse(file);
            Assert.Contains(culprit, error.Problem, StringComparison.Ordinal);
            Assert.Matches("byte [0-9]+", error.Location);
        }
    }

    [Theory]
    [InlineData("cos\nsystem\n(S'true'\ntR.", "os.system")]
    [InlineData("\u0080\u0002cposix\nsystem\nq\0X\u0004\0\0\0trueq\u0001\u0085q\u0002Rq\u0003.", "posix.system")]
    public void A_bare_pickle_in_place_of_a_checkpoint_is_refused_likewise(string pickleText, string culprit)
    {
        var error = WeightBytes.Refuse(Encoding.Latin1.GetBytes(pickleText));
        Assert.Contains(culprit, error.Problem, StringComparison.Ordinal);
        Assert.StartsWith("byte ", error.Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Shapes_strides_and_offsets_beyond_the_storage_are_refused(bool stream)
    {
        const long Huge = 1_000_000_000_000;
        foreach ((TensorSpec tensor, string problem) in new (TensorSpec, string)[]
        {
            (new(Two, 0, [Huge], [1]), "dimension of 1000000000000"),
            (new(Two, 0, [1_000_000, 1_000_000], [1_000_000, 1]), "its storage has 2"),
            (new(Two, 0, [1_000_000, 1_000_000], [0, 0]), "4000000000000 bytes of memory"),
            (new(Two, 0, [int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0]), "64 bits"),
            (new(Two, 0, [int.MaxValue, int.MaxValue], [0, 0]), "bytes of memory"),
            (new(Two, 0, [2, 2], [long.MaxValue, long.MaxValue]), "its storage has 2"),
            (new(Two, long.MaxValue, [1], [1]), "its storage has 2"),
            (new(Two, long.MaxValue, [2], [long.MaxValue]), "its storage has 2"),
            (new(Two, 2, [1], [1]), "its storage has 2"),
            (new(Two, 2, [], []), "its storage has 2"),
            (new(Two, 0, [3], [1]), "its storage has 2"),
            (new(Two, -1, [1], [1]), "an offset"),
            (new(Two, 0, [-1], [1]), "each size"),
            (new(Two, 1, [2], [-1]), "each stride"),
            (new(Two, 0, [1], [1, 1]), "1 dimension and 2 strides"),
            (new(Two, 0, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1]), "9 dimensions"),
        })
        {
            byte[] file = TorchFile.Write(stream, new Dictionary<string, object?> { ["t"] = tensor }, Two);
            Assert.Contains(problem, WeightBytes.Refuse(file).Problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(false, 1_000_000_000_000)]
    [InlineData(false, long.MaxValue)]
    [InlineData(true, 3)]
    [InlineData(true, 1_000_000_000_000)]
    [InlineData(true, long.MaxValue)]
    public void Storages_shorter_than_claimed_are_refused(bool stream, long claimed)
    {
        StorageSpec lying = Two with { ClaimedCount = claimed };
        WeightBytes.Refuse(TorchFile.Write(stream, new Dictionary<string, object?> { ["t"] = new TensorSpec(lying, 0, [1], [1]) }, Two));
    }

    [Fact]
    public void Stream_counts_are_compared_with_the_file()
    {
        byte[] file = TorchFile.Stream(
            new Dictionary<string, object?> { ["t"] = new TensorSpec(Two with { ClaimedCount = 1L << 40 }, 0, [1], [1]) }, Two);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(file.Length - Two.Bytes.Length - 8), 1L << 40);
        Assert.Contains("the file has 8 more", WeightBytes.Refuse(file).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_expanded_views_share_one_budget()
    {
        var state = new Dictionary<string, object?>();
        for (int i = 0; i < 1000; i++)
        {
            state["t" + i] = new TensorSpec(Two, 0, [1 << 18], [0]);
        }

        Assert.Contains("bytes of memory", WeightBytes.Refuse(TorchFile.Zip(state, Two), 80 << 20).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("archive/data/0", 1u << 30)]
    [InlineData("archive/data/0", uint.MaxValue)]
    [InlineData("archive/data.pkl", 1u << 30)]
    [InlineData("archive/data.pkl", 1u << 20)]
    [InlineData("archive/byteorder", 1u << 30)]
    public void Absurd_member_sizes_are_refused_before_memory_is_taken(string member, uint size)
    {
        byte[] file = SmallZip();
        int record = DirectoryRecord(file, member);
        // Stored members claim one size, compressed ones two.
        foreach (bool both in (bool[])[false, true])
        {
            byte[] patched = [.. file];
            BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan(record + 24), size);
            if (both)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan(record + 20), size);
            }

            WeightBytes.Refuse(patched);
        }
    }

    [Fact]
    public void Compression_bombs_are_refused_before_they_are_inflated()
    {
        var bomb = new StorageSpec("0", "FloatStorage", 4, new byte[100 << 20]);
        byte[] pickle = PickleBuilder.Pickle(new Dictionary<string, object?> { ["t"] = TensorSpec.Whole(bomb) });
        byte[] file = TorchFile.ZipOf(pickle, [bomb], level: CompressionLevel.Optimal);
        Assert.True(file.Length < 1 << 20);
        Assert.Contains("bytes of memory", WeightBytes.Refuse(file).Problem, StringComparison.Ordinal);

        // The same with an honest pickle's size hidden behind a small claim.
        byte[] lying = [.. file];
        BinaryPrimitives.WriteUInt32LittleEndian(lying.AsSpan(DirectoryRecord(lying, "archive/data/0") + 24), 8);
        WeightBytes.Refuse(lying);
    }

    [Fact]
    public void Duplicate_members_and_foreign_archives_are_refused()
    {
        byte[] pickle = PickleBuilder.Pickle(new Dictionary<string, object?> { ["t"] = TensorSpec.Whole(Two) });
        byte[] duplicate = TorchFile.ZipOf(pickle, [Two, Two]);
        Assert.Contains("twice", WeightBytes.Refuse(duplicate).Problem, StringComparison.Ordinal);
        // Where no tensor depends on it, as on one that no tensor names.
        var unused = StorageSpec.Floats("1", 3);
        Assert.Equal(["t"], WeightBytes.Load(TorchFile.ZipOf(pickle, [Two, unused, unused])).Tensors.Names);

        byte[] foreign = SmallZip();
        Replace(foreign, "archive/data.pkl", "archive/data.xml");
        Assert.Contains("no NAME/data.pkl", WeightBytes.Refuse(foreign).Problem, StringComparison.Ordinal);

        byte[] missing = SmallZip();
        Replace(missing, "archive/data/0", "archive/data/1");
        Assert.Contains("missing from the archive", WeightBytes.Refuse(missing).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Flipped_weights_in_an_archive_fail_their_checksum()
    {
        byte[] file = SmallZip();
        int data = file.AsSpan().IndexOf(Two.Bytes);
        file[data] ^= 1;
        Assert.Contains("checksum", WeightBytes.Refuse(file).Problem, StringComparison.Ordinal);

        // torch.serialization.set_crc32_options(False) leaves the checksum zero.
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(DirectoryRecord(file, "archive/data/0") + 16), 0);
        Assert.NotEqual(1f, WeightBytes.Load(file).Tensors["t"].Floats[0]);
    }

    public static TheoryData<string> MalformedPickles => new(
        "", ".", "0.", "(", "t.", "\u0085.", "R.", "NNR.", "b.", "Nb.", "NNb.", "]Na", "Na.", "NNNs.", "}(Nu.", "(Nd.", "h\0.", "q\0.",
        "Nq\u00c8.",
        "Nr\u00ff\u00ff\u00ff\u007f.", "j\u00ff\u00ff\u00ff\u00ff.", "gx\n.", "Np-1\n.", "Np99999999999999999999\n.", "Ix\n.", "I"
            + new string('9', 300) + "\n.",
        "Lx\n.", "Fx\n.", "Sx\n.", "S'\\x00'\n.", "V\\u0041\n.", "X\u00ff\u00ff\u00ff\u00ff.", "T\u00ff\u00ff\u00ff\u007f.", "U\u00ff.",
        "B\u00ff\u00ff\u00ff\u007f.",
        "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.", "\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.",
        "\u0096\0\0\0\0\0\0\0\u0080.",
        "\u008b\u00ff\u00ff\u00ff\u007f.", "\u008a\u00ff.", "\u0080\u0006.", "\u0095", "NN\u0093.", "NQ.", "Pid\n.", "c"
            + new string('a', 5000), "\u0000.", "\u00ff.",
        "ccollections\nOrderedDict\n(NtR.", "ccollections\nOrderedDict\n](Neq\u0001\u0085R.", "ctorch\nFloatStorage\n)R.",
        "ctorch\nSize\n)R.",
        "ctorch._utils\n_rebuild_tensor_v2\n)R.", "ctorch._utils\n_rebuild_parameter\n)R.");

    [Theory]
    [MemberData(nameof(MalformedPickles))]
    public void Malformed_pickles_are_refused(string pickleText)
    {
        byte[] pickle = Encoding.Latin1.GetBytes(pickleText);
        Assert.Contains("byte ", WeightBytes.Refuse(TorchFile.ZipOf(pickle, [])).Location, StringComparison.Ordinal);
        WeightBytes.Refuse(TorchFile.StreamOf(pickle));
    }

    [Fact]
    public void Structures_that_contain_themselves_end()
    {
        // d = {"model": d}; the same under several keys beside 50,000 entries; and a list in itself, a dict as its own key, nesting of
        // 100,000 levels.
        string[] keys = ["state_dict", "model", "net", "network", "module", "weights"];
        string wide = "}q\0" + string.Concat(Enumerable.Repeat("NNs", 50_000))
            + string.Concat(keys.Select(key => $"X{(char)key.Length}\0\0\0{key}h\0s")) + ".";
        string[] pickles =
            [wide, "}q\0X\u0005\0\0\0modelh\0s.", "]q\0h\0a.", "}q\0h\0h\0s.", new string(']', 100_000) + new string('a', 99_999) + "."];
        foreach (string text in pickles)
        {
            WeightBytes.Refuse(TorchFile.ZipOf(Encoding.Latin1.GetBytes(text), []), 16 << 20);
        }
    }

    [Fact]
    public void Endless_instructions_and_repeated_work_are_bounded()
    {
        byte[] endless = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("N0", 6_000_000)) + "N.");
        Assert.Contains("instructions", WeightBytes.Refuse(TorchFile.ZipOf(endless, []), 16 << 20).Problem, StringComparison.Ordinal);

        // A long list of pairs, passed to OrderedDict again and again.
        string pairs = "]q\0(NN\u0086q\u0001" + string.Concat(Enumerable.Repeat("h\u0001", 20_000))
            + "e0ccollections\nOrderedDict\nq\u00020";
        byte[] repeated = Encoding.Latin1.GetBytes(pairs + string.Concat(Enumerable.Repeat("h\u0002h\0\u0085R0", 10_000)) + "N.");
        FileFormatException error = WeightBytes.Refuse(TorchFile.ZipOf(repeated, []), 160 << 20);
        Assert.Contains("bytes of memory", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("deflated zip")]
    [InlineData("stream")]
    [InlineData("safetensors")]
    public void Any_truncation_of_a_small_file_is_refused(string kind)
    {
        byte[] file = SmallFile(kind);
        WeightBytes.Load(file);
        for (int length = 0; length < file.Length; length += Math.Max(1, file.Length / 60))
        {
            WeightBytes.Refuse(file[..length], 2 << 20);
        }
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("deflated zip")]
    [InlineData("stream")]
    [InlineData("safetensors")]
    public void Any_damage_to_a_small_file_loads_or_is_refused(string kind)
    {
        byte[] file = SmallFile(kind);
        var flips = Gen.Choose(0, (file.Length * 8) - 1).NonEmptyListOf();
        var length = Gen.Frequency((2, Gen.Constant(file.Length)), (1, Gen.Choose(1, file.Length)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(flips.ToArbitrary(), length.ToArbitrary(), (bits, kept) =>
        {
            byte[] damaged = file[..kept];
            foreach (int bit in bits)
            {
                if (bit / 8 < kept)
                {
                    damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                }
            }

            WeightBytes.LoadOrRefuse(damaged);
        }));
    }

    private static byte[] SmallZip() => TorchFile.Zip(new Dictionary<string, object?> { ["t"] = TensorSpec.Whole(Two) }, Two);

    private static byte[] SmallFile(string kind)
    {
        if (kind == "safetensors")
        {
            var tensors = new StateDict();
            tensors.Add("a.weight", Tensor.FromFloats(new Shape(2, 2), [1, 2, 3, 4]));
            tensors.Add("a.count", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
            using var folder = new TemporaryFolder();
            string path = Path.Combine(folder.Path, "a.safetensors");
            CheckpointFile.Save(path, new Checkpoint(tensors, ModelMetadata.ImageNet with { Labels = ["a", "b"] }));
            return File.ReadAllBytes(path);
        }

        var longs = new StorageSpec("1", "LongStorage", 8, new byte[8]);
        var root = new Dictionary<string, object?>
        {
            ["state_dict"] = new OrderedDictSpec(new()
            {
                ["module.a.weight"] = new TensorSpec(Two, 0, [2, 2], [0, 1]),
                ["module.a.count"] = new TensorSpec(longs, 0, [], []),
            }),
            ["epoch"] = 1,
        };
        return kind switch
        {
            "stream" => TorchFile.Stream(root, Two, longs),
            "zip" => TorchFile.Zip(root, Two, longs),
            _ => TorchFile.ZipOf(PickleBuilder.Pickle(root), [Two, longs], level: CompressionLevel.Optimal),
        };
    }

    private static int DirectoryRecord(byte[] zip, string member)
    {
        byte[] name = Encoding.ASCII.GetBytes(member);
        for (int at = zip.AsSpan().IndexOf("PK\u0001\u0002"u8); at >= 0 && at + 46 + name.Length <= zip.Length; at++)
        {
            if (zip.AsSpan(at).StartsWith("PK\u0001\u0002"u8) && zip.AsSpan(at + 46, name.Length).SequenceEqual(name)
                && BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + 28)) == name.Length)
            {
                return at;
            }
        }

        throw new ArgumentException($"No member {member}.");
    }

    private static void Replace(byte[] bytes, string old, string replacement)
    {
        byte[] pattern = Encoding.ASCII.GetBytes(old);
        for (int at = bytes.AsSpan().IndexOf(pattern); at >= 0;)
        {
            Encoding.ASCII.GetBytes(replacement).CopyTo(bytes, at);
            int next = bytes.AsSpan(at + 1).IndexOf(pattern);
            at = next < 0 ? -1 : at + 1 + next;
        }
    }
}
