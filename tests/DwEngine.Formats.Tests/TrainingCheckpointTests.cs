using System.Numerics;
using System.Text;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>What training scripts save: the network is found among whatever stands beside it, under whatever name.</summary>
public class TrainingCheckpointTests
{
    private static readonly StateDict s_weights = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet))
        .With((_, tensor) => tensor.Type == ElementType.Float32 ? tensor : null);

    private static readonly StateDict s_average = s_weights.With(
        (_, tensor) => TestTensors.Of(tensor.Shape, [.. tensor.Floats.ToArray().Select(value => value + 1)]));
    private static readonly GlobalSpec s_rebuild = new("torch._utils", "_rebuild_tensor_v2");
    private static readonly GlobalSpec s_namespace = new("argparse", "Namespace");

    public static TheoryData<string> ObjectKinds => [.. Objects().Keys];

    [Theory]
    [MemberData(nameof(ObjectKinds))]
    public void Objects_beside_the_tensors_are_left_alone(string kind)
    {
        foreach (bool stream in (bool[])[false, true])
        {
            var file = new File(stream);
            object? beside = Objects()[kind];
            // Before and after the network, within other objects, and in the state dict itself.
            var state = new OrderedDictSpec(file.Add(s_weights)) { Entries = { ["_extra_state"] = beside } };
            var list = new List<object?> { beside };
            AssertNetwork(file.Load(new Dictionary<string, object?> { ["first"] = beside, ["model"] = state, ["last"] = list }));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void All_of_them_together_are_left_alone_in_every_protocol(int protocol)
    {
        var file = new File(stream: false);
        var root = new Dictionary<string, object?>(Objects()) { ["net"] = new OrderedDictSpec(file.Add(s_weights)) };
        byte[] bytes = TorchFile.ZipOf(PickleBuilder.Pickle(root, protocol), [.. file.Storages]);
        AssertNetwork(WeightBytes.Load(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("state_dict")]
    [InlineData("model")]
    [InlineData("model_ema")]
    [InlineData("ema")]
    [InlineData("params")]
    [InlineData("params_ema")]
    [InlineData("model_state")]
    [InlineData("model_state_dict")]
    [InlineData("net")]
    [InlineData("weights")]
    [InlineData("generator")]
    [InlineData("checkpoint.trainer.model")]
    public void The_network_is_found_under_any_root(string root)
    {
        foreach (string prefix in (string[])["", "module.", "_orig_mod.module.", "model.", "net._orig_mod.", "backbone.", "student."])
        {
            foreach (bool stream in (bool[])[false, true])
            {
                var file = new File(stream);
                object? content = new OrderedDictSpec(file.Add(s_weights, prefix));
                foreach (string key in root.Split('.', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    content = new Dictionary<string, object?> { ["epoch"] = 3, [key] = content, ["lr"] = 0.1 };
                }

                AssertNetwork(file.Load(content));
            }

            AssertNetwork(SafeTensors(s_weights, root.Length == 0 ? prefix : $"{root}.{prefix}"));
        }
    }

    [Fact]
    public void Wrappers_within_names_are_taken_away()
    {
        StateDict wrapped = Renamed(s_weights, name => name
            .Replace("stage2.", "stage2._orig_mod.").Replace("stage3.0.", "stage3.0.module.").Replace("fc.", "_fsdp_wrapped_module.fc."));
        var file = new File(stream: false);
        AssertNetwork(file.Load(new OrderedDictSpec(file.Add(wrapped))));
        AssertNetwork(SafeTensors(wrapped, ""));
    }

    [Fact]
    public void Numbers_that_tools_keep_beside_weights_are_left_out()
    {
        StorageSpec number = StorageSpec.Floats("number", 1);
        var file = new File(stream: false);
        Dictionary<string, object?> state = file.Add(s_weights, "module.");
        file.Storages.Add(number);
        foreach (string name in (string[])["n_averaged", "step", "epoch", "module.total_ops", "module.conv1.0.total_params"])
        {
            state[name] = new TensorSpec(number, 0, [], []);
        }

        Checkpoint found = file.Load(new OrderedDictSpec(state));
        AssertNetwork(found);
        Assert.Empty(found.Remarks);
        StateDict flat = Renamed(s_weights, name => $"module.{name}");
        flat.Add("n_averaged", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
        AssertNetwork(SafeTensors(flat, ""));
    }

    [Fact]
    public void Tensors_of_other_modules_are_left_out_and_told()
    {
        StateDict tensors = Renamed(s_weights, name => $"backbone.{name}");
        tensors.Add("projector.weight", TestTensors.Counting(new Shape(2, 2)));
        Checkpoint found = SafeTensors(tensors, "");
        AssertNetwork(found);
        Assert.Equal(["1 tensor beside the network under 'backbone' is left out: 'projector.weight'"], found.Remarks);
    }

    [Theory]
    [InlineData("model", "model_ema")]
    [InlineData("state_dict", "ema_state_dict")]
    [InlineData("student", "teacher")]
    [InlineData("params", "params_ema")]
    [InlineData("", "ema")]
    public void Of_a_network_and_its_average_the_network_is_taken_and_told_and_the_other_can_be_chosen(string taken, string other)
    {
        using var folder = new TemporaryFolder();
        string Path(string name) => System.IO.Path.Combine(folder.Path, name);
        var file = new File(stream: false);
        // The average first, so that the order does not decide.
        var root = new Dictionary<string, object?> { [other] = new OrderedDictSpec(file.Add(s_average, "module.")) };
        foreach ((string name, object? tensor) in file.Add(s_weights))
        {
            root[name] = tensor;
        }

        if (taken.Length > 0)
        {
            root = new() { [other] = root[other], [taken] = new OrderedDictSpec(root.Where(entry => entry.Key != other).ToDictionary()) };
        }

        folder.Write("a.pth", file.Bytes(root));
        StateDict both = Renamed(s_average, name => $"{other}.module.{name}");
        foreach ((string name, Tensor tensor) in s_weights)
        {
            both.Add(taken.Length == 0 ? name : $"{taken}.{name}", tensor);
        }

        CheckpointFile.Save(Path("a.safetensors"), new Checkpoint(both, new ModelMetadata()));
        foreach (string path in (string[])[Path("a.pth"), Path("a.safetensors")])
        {
            Checkpoint found = CheckpointFile.Load(path);
            AssertSame(s_weights, found.Tensors);
            string remark = Assert.Single(found.Remarks);
            Assert.Contains($"under {(taken.Length == 0 ? "the top level" : $"'{taken}'")} are taken", remark);
            Assert.Contains($"another network is under '{other}'", remark);
            Assert.Equal([other], found.OtherRoots);

            Checkpoint chosen = CheckpointFile.Load(path, other);
            AssertSame(s_average, chosen.Tensors);
            Assert.Empty(chosen.Remarks);
            AssertSame(s_weights, CheckpointFile.Load(path, taken.Length == 0 ? "." : taken).Tensors);
            var error = Assert.Throws<FileFormatException>(() => CheckpointFile.Load(path, "nothing"));
            Assert.Contains("'nothing'", error.Problem);
            Assert.Contains($"'{other}'", error.Problem);
        }
    }

    [Theory]
    [InlineData("torch._utils", "_rebuild_sparse_tensor", "a sparse tensor")]
    [InlineData("torch._utils", "_rebuild_qtensor", "a quantised tensor")]
    [InlineData("torch._utils", "_rebuild_meta_tensor_no_storage", "meta device")]
    [InlineData("torch._utils", "_rebuild_nested_tensor", "a nested tensor")]
    [InlineData("torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v2 needs a storage")]
    [InlineData("numpy.core.multiarray", "_reconstruct", "an object of numpy.ndarray, not a tensor")]
    [InlineData("posix", "system", "an object of posix.system, not a tensor")]
    public void Tensors_that_cannot_be_read_refuse_a_file_only_as_weights(string module, string name, string problem)
    {
        foreach (bool stream in (bool[])[false, true])
        {
            var unreadable = new CallSpec(new GlobalSpec(module, name), new GlobalSpec("numpy", "ndarray"), new object?[] { 0 }, "b");
            var file = new File(stream);
            Dictionary<string, object?> state = file.Add(s_weights);
            AssertNetwork(file.Load(new Dictionary<string, object?> { ["beside"] = unreadable, ["model"] = new OrderedDictSpec(state) }));

            state["fc.weight"] = unreadable;
            var error = WeightBytes.Refuse(file.Bytes(new OrderedDictSpec(state)), 8 << 20);
            Assert.StartsWith("tensor 'fc.weight', byte ", error.Location);
            Assert.Contains(problem, error.Problem);
        }
    }

    [Fact]
    public void A_tensor_that_depends_on_code_names_it()
    {
        var call = new CallSpec(
            s_rebuild, new CallSpec(new GlobalSpec("os", "system"), "true"), 0, new object?[] { 1 }, new object?[] { 1 }, false, null);
        var error = WeightBytes.Refuse(TorchFile.Zip(new Dictionary<string, object?> { ["t"] = call }));
        Assert.Contains("found an object of os.system in place of the storage", error.Problem);
    }

    [Fact]
    public void Tensors_with_attributes_and_of_subclasses_are_read()
    {
        foreach (bool stream in (bool[])[false, true])
        {
            var file = new File(stream);
            Dictionary<string, object?> state = file.Add(s_weights);
            foreach (string name in state.Keys.ToArray())
            {
                var tensor = (TensorSpec)state[name]!;
                object?[] arguments = [tensor.Storage, 0, Integers(tensor.Sizes), Integers(tensor.Strides), false, null];
                var newest = new GlobalSpec("torch._tensor", "_rebuild_from_type_v2");
                var attributes = new Dictionary<string, object?> { ["note"] = "x" };
                object?[] inner = [s_rebuild, new GlobalSpec("torch", "Tensor"), arguments, attributes];
                state[name] = name.EndsWith("bias", StringComparison.Ordinal)
                    ? new CallSpec(newest, newest, new GlobalSpec("my", "Tensor"), inner, attributes)
                    : new CallSpec(newest, inner);
            }

            AssertNetwork(file.Load(new OrderedDictSpec(state)));
        }
    }

    [Fact]
    public void Deeply_nested_rebuilding_neither_ends_the_process_nor_takes_long()
    {
        // (rebuild, T, (rebuild, T, ( ... ))), 100,000 deep.
        const int Depth = 100_000;
        string start = "}X\u0001\0\0\0tctorch._tensor\n_rebuild_from_type_v2\nq\0ctorch\nTensor\nq\u0001";
        string opening = string.Concat(Enumerable.Repeat("h\0h\u0001", Depth)), closing = new('\u0087', Depth);
        string nested = $"{start}{opening}){closing}Rs.";
        WeightBytes.Refuse(TorchFile.ZipOf(Encoding.Latin1.GetBytes(nested), []), 64 << 20);
    }

    [Fact]
    public void Whole_modules_are_read_as_their_state_dict()
    {
        foreach (bool stream in (bool[])[false, true])
        {
            foreach (bool isWrapped in (bool[])[false, true])
            {
                var file = new File(stream);
                object? module = Module(file.Add(s_weights), "torchvision.models.shufflenetv2", "ShuffleNetV2");
                if (isWrapped)
                {
                    module = Module(new() { ["module"] = module }, "torch.nn.parallel.data_parallel", "DataParallel");
                }

                Checkpoint found = file.Load(isWrapped ? new Dictionary<string, object?> { ["epoch"] = 1, ["model"] = module } : module);
                AssertNetwork(found);
                Assert.Contains(isWrapped ? "DataParallel" : "torchvision.models.shufflenetv2.ShuffleNetV2", Assert.Single(found.Remarks));
            }
        }
    }

    [Fact]
    public void Dicts_by_other_names_are_dicts()
    {
        foreach (bool stream in (bool[])[false, true])
        {
            var file = new File(stream);
            Dictionary<string, object?> state = file.Add(s_weights);
            AssertNetwork(file.Load(new ObjectSpec(new("my", "StateDict")) { Entries = state }));
            AssertNetwork(file.Load(new CallSpec(new("frozendict", "frozendict"), state)));
            AssertNetwork(file.Load(new ObjectSpec(s_namespace) { State = new Dictionary<string, object?> { ["model"] = state } }));
            AssertNetwork(file.Load(new List<object?> { 1, new object?[] { "x", state } }));
            // copyreg._reconstructor(class, dict, entries), as protocols 0 and 1 make objects.
            AssertNetwork(file.Load(
                new CallSpec(new("copy_reg", "_reconstructor"), new GlobalSpec("my", "Dict"), new GlobalSpec("builtins", "dict"), state)));
        }
    }

    [Fact]
    public void An_optimizers_state_alone_is_told_from_a_network()
    {
        StorageSpec one = StorageSpec.Floats("0", 1);
        var state = new Dictionary<string, object?>();
        for (int i = 0; i < 3; i++)
        {
            state[$"{i}"] = new Dictionary<string, object?> { ["exp_avg"] = TensorSpec.Whole(one) };
        }

        var root = new Dictionary<string, object?> { ["state"] = state, ["param_groups"] = new List<object?>() };
        Assert.Contains("optimizer's state", WeightBytes.Refuse(TorchFile.Zip(root, one)).Problem);
    }

    [Fact]
    public void A_long_history_beside_the_network_is_left_alone()
    {
        var file = new File(stream: false);
        var losses = new List<object?>(Enumerable.Range(0, 1_200_000).Select(i => (object?)(double)i));
        var model = new OrderedDictSpec(file.Add(s_weights));
        AssertNetwork(file.Load(new Dictionary<string, object?> { ["losses"] = losses, ["model"] = model }));
    }

    [Fact]
    public void One_storage_with_two_lengths_is_refused_where_it_is_needed()
    {
        StorageSpec two = StorageSpec.Floats("0", 1, 2);
        TensorSpec honest = TensorSpec.Whole(two), lying = new(two with { ClaimedCount = 1 }, 0, [1], [1]);
        foreach (bool stream in (bool[])[false, true])
        {
            FileFormatException error = Refuse(honest, lying);
            Assert.Equal("tensor 'b'", error.Location);
            Assert.Contains("has 8 bytes; expected 1 element of 4 bytes", error.Problem);
            Assert.Equal("tensor 'a'", Refuse(lying, honest).Location);

            var file = new File(stream);
            StorageSpec of = ((TensorSpec)file.Add(s_weights)["fc.bias"]!).Storage;
            var beside = new TensorSpec(of with { ClaimedCount = 1 }, 0, [1], [1]);
            AssertNetwork(new File(stream).LoadBeside(beside));

            FileFormatException Refuse(TensorSpec a, TensorSpec b) =>
                WeightBytes.Refuse(TorchFile.Write(stream, new Dictionary<string, object?> { ["a"] = a, ["b"] = b }, two));
        }
    }

    [Fact]
    public void Types_of_safetensors_that_are_not_read_refuse_a_file_only_as_weights()
    {
        Assert.Contains("dtype 'F8_E4M3'", WeightBytes.Refuse(WithType("student.fc.weight")).Problem);
        Assert.Equal(s_weights.Names, WeightBytes.Load(WithType("teacher.fc.weight")).Tensors.Names);

        static byte[] WithType(string changed)
        {
            StateDict both = Renamed(s_weights, name => $"student.{name}");
            foreach ((string name, Tensor tensor) in s_weights)
            {
                both.Add($"teacher.{name}", tensor);
            }

            using var folder = new TemporaryFolder();
            string path = Path.Combine(folder.Path, "a.safetensors");
            CheckpointFile.Save(path, new Checkpoint(both, new ModelMetadata()));
            byte[] bytes = System.IO.File.ReadAllBytes(path);
            int length = (int)BitConverter.ToInt64(bytes);
            string text = Encoding.UTF8.GetString(bytes, 8, length);
            string start = $"\"{changed}\":{{\"dtype\":";
            byte[] longer = Encoding.UTF8.GetBytes(text.Replace($"{start}\"F32\"", $"{start}\"F8_E4M3\"", StringComparison.Ordinal));
            return [.. BitConverter.GetBytes((long)longer.Length), .. longer, .. bytes.AsSpan(8 + length)];
        }
    }

    [SharedTheory]
    [InlineData("training_args.pth")]
    [InlineData("ema_averagedmodel.pth")]
    [InlineData("tensor_attribute.pth")]
    [InlineData("prefix_module.safetensors")]
    [InlineData("plain.pth")]
    public void Files_that_people_have_hold_the_plain_networks_tensors(string name)
    {
        StateDict plain = CheckpointFile.Load(SharedFolder.Require("faults/plain.pth")).Tensors;
        Checkpoint found = CheckpointFile.Load(SharedFolder.Require($"faults/{name}"));
        AssertSame(plain, found.Tensors);
        Assert.Empty(found.Remarks);
        Assert.Equal("fc", Architectures.Build(found).Graph.Nodes[^1].Name);
    }

    private static Dictionary<string, object?> Objects() => new()
    {
        ["None"] = null,
        ["Namespace"] = new ObjectSpec(s_namespace)
        {
            State = new Dictionary<string, object?> { ["lr"] = 0.1, ["path"] = new CallSpec(new("pathlib", "PosixPath"), "a") },
        },
        ["os.system"] = new CallSpec(new("os", "system"), "true"),
        ["eval of an eval"] = new CallSpec(new("builtins", "eval"), new CallSpec(new("builtins", "compile"), "1", "", "eval")),
        ["a class"] = new GlobalSpec("my.module", "Class"),
        ["numpy scalar"] = new CallSpec(
            new("numpy.core.multiarray", "scalar"),
            new ObjectSpec(new("numpy", "dtype"), "f8", false, true) { State = new object?[] { 3, "<", null } },
            new CallSpec(new("_codecs", "encode"), "abc", "latin1")),
        ["numpy array"] = new RawSpec(
            "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\u0001b\u0087R"
            + "(K\u0001K\u0002\u0085cnumpy\ndtype\nU\u0002f4K\0K\u0001\u0087R\u0089U\u0008abcdefghtb"),
        ["datetime"] = new CallSpec(new("datetime", "datetime"), "0123456789"),
        ["Counter"] = new CallSpec(new("collections", "Counter"), new Dictionary<string, object?> { ["a"] = 2 }),
        ["defaultdict"] = new RawSpec("ccollections\ndefaultdict\ncbuiltins\nlist\n\u0085R(U\u0001a]u"),
        ["OrderedDict of odd pairs"] = new CallSpec(new("collections", "OrderedDict"), new List<object?> { 1, 2 }),
        ["enum"] = new CallSpec(new("my", "Color"), 1),
        ["torch.Size"] = new CallSpec(new("torch", "Size"), new object?[] { new object?[] { 1, 2 } }),
        ["torch.device"] = new CallSpec(new("torch", "device"), "cuda", 0),
        ["torch.dtype"] = new GlobalSpec("torch", "float8_e8m0fnu"),
        ["torch.Generator"] = new CallSpec(new("torch", "Generator"), "cpu", 1, null, new BigInteger(1) << 900),
        ["a set"] = new RawSpec("\u008f(K\u0001K\u0002\u0090"),
        ["a frozen set"] = new RawSpec("(K\u0001\u0091"),
        ["a set of Python 2"] = new CallSpec(new("__builtin__", "set"), new List<object?> { 1 }),
        ["subclass of dict"] = new ObjectSpec(new("my", "Dict"))
        {
            Entries = new() { ["a"] = 1 },
            State = new Dictionary<string, object?>(),
        },
        ["subclass of list"] = new ObjectSpec(new("my", "List")) { Items = [1, 2] },
        ["slots"] = new ObjectSpec(new("my", "Slots")) { State = new object?[] { null, new Dictionary<string, object?> { ["a"] = 1 } } },
        ["NEWOBJ_EX"] = new RawSpec("cmy\nClass\n)}\u0092"),
        ["INST"] = new RawSpec("(K\u0001imy\nClass\n"),
        ["OBJ"] = new RawSpec("(cmy\nClass\nK\u0001o"),
        ["EXT1"] = new RawSpec("\u0082\u0001"),
        ["a buffer outside"] = new RawSpec("\u0097\u0098"),
        ["an unknown persistent id"] = new RawSpec("U\u0001xQ"),
        ["a text persistent id"] = new RawSpec("Px\n"),
        ["a call of what a call made"] = new RawSpec("cbuiltins\ngetattr\nU\u0001aU\u0001b\u0086R)R"),
        ["a huge integer"] = new RawSpec("\u008b\u0000\u0004\0\0" + new string('\u0001', 1024)),
        ["a storage of an unknown type"] = new RawSpec("(U\u0007storagecmy\nStorage\nU\u0001zU\u0003cpuK\u0001tQ"),
        ["a tensor of nine dimensions"] = new TensorSpec(StorageSpec.Floats("0", 1), 0, new long[9], new long[9]),
        ["nested lists"] = new List<object?> { 0.1, new List<object?> { new object?[] { 1, 2, 3, new List<object?>() } } },
    };

    // A module and its children as torch.save(model) writes them.
    private static ObjectSpec Module(Dictionary<string, object?> parts, string module, string name)
    {
        var parameters = new Dictionary<string, object?>();
        var buffers = new Dictionary<string, object?>();
        var modules = new Dictionary<string, object?>();
        foreach (IGrouping<string, KeyValuePair<string, object?>> group in parts.GroupBy(part => part.Key.Split('.')[0]))
        {
            if (group.First() is { Value: ObjectSpec child })
            {
                modules[group.Key] = child;
            }
            else if (group.First() is { Key: var key, Value: var tensor } && key == group.Key)
            {
                (key.StartsWith("running", StringComparison.Ordinal) ? buffers : parameters)[key] = tensor;
            }
            else
            {
                var inner = group.ToDictionary(part => part.Key[(group.Key.Length + 1)..], part => part.Value);
                modules[group.Key] = Module(inner, "torch.nn.modules.container", "Sequential");
            }
        }

        return new ObjectSpec(new(module, name))
        {
            State = new Dictionary<string, object?>
            {
                ["training"] = false,
                ["_parameters"] = new OrderedDictSpec(parameters),
                ["_buffers"] = new OrderedDictSpec(buffers),
                ["_non_persistent_buffers_set"] = new RawSpec("c__builtin__\nset\n]\u0085R"),
                ["_forward_hooks"] = new OrderedDictSpec([]),
                ["_modules"] = new OrderedDictSpec(modules),
            },
        };
    }

    private static Checkpoint SafeTensors(StateDict tensors, string prefix)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a.safetensors");
        CheckpointFile.Save(path, new Checkpoint(Renamed(tensors, name => prefix + name), new ModelMetadata()));
        return CheckpointFile.Load(path);
    }

    private static StateDict Renamed(StateDict tensors, Func<string, string> rename)
    {
        var renamed = new StateDict();
        foreach ((string name, Tensor tensor) in tensors)
        {
            renamed.Add(rename(name), tensor);
        }

        return renamed;
    }

    private static object?[] Integers(long[] values) => [.. values.Select(value => (object?)value)];

    private static void AssertNetwork(Checkpoint found) => AssertSame(s_weights, found.Tensors);

    private static void AssertSame(StateDict expected, StateDict found)
    {
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), found.Names.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor tensor) in expected)
        {
            Assert.Equal(tensor.Shape, found[name].Shape);
            Assert.True(tensor.Bytes.SequenceEqual(found[name].Bytes), name);
        }
    }

    /// <summary>A checkpoint in the making, with its storages.</summary>
    private sealed class File(bool stream)
    {
        public List<StorageSpec> Storages { get; } = [];

        /// <summary>The entries of a state dict, each tensor with a storage of its own.</summary>
        public Dictionary<string, object?> Add(StateDict tensors, string prefix = "")
        {
            var entries = new Dictionary<string, object?>();
            foreach ((string name, Tensor tensor) in tensors)
            {
                var storage = StorageSpec.Floats($"{Storages.Count}", tensor.Floats.ToArray());
                Storages.Add(storage);
                long[] sizes = [.. tensor.Shape.Dimensions.ToArray().Select(size => (long)size)];
                long[] strides = new long[sizes.Length];
                for (long axis = sizes.Length - 1, stride = 1; axis >= 0; stride *= sizes[axis--])
                {
                    strides[axis] = stride;
                }

                entries[prefix + name] = new TensorSpec(storage, 0, sizes, strides);
            }

            return entries;
        }

        public byte[] Bytes(object? root) => TorchFile.Write(stream, root, [.. Storages]);

        public Checkpoint Load(object? root) => WeightBytes.Load(Bytes(root));

        public Checkpoint LoadBeside(object? beside) =>
            Load(new Dictionary<string, object?> { ["beside"] = beside, ["model"] = new OrderedDictSpec(Add(s_weights)) });
    }
}
