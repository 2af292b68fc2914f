using System.IO.Compression;
using System.Runtime.InteropServices;
using DwEngine.Models;
using DwEngine.Tensors;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>What both of PyTorch's formats have in common: element types, views, wrappings.</summary>
public class PyTorchFormatTests
{
    private static readonly StorageSpec Six = StorageSpec.Floats("0", 1, 2, 3, 4, 5, 6);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Views_with_strides_offsets_and_shared_storage_become_dense(bool stream)
    {
        StateDict tensors = LoadState(stream, new()
        {
            ["whole"] = new TensorSpec(Six, 0, [2, 3], [3, 1]),
            ["transposed"] = new TensorSpec(Six, 0, [3, 2], [1, 3]),
            ["tail"] = new TensorSpec(Six, 4, [2], [1]),
            ["diagonal"] = new TensorSpec(Six, 1, [2], [4]),
            ["expanded"] = new TensorSpec(Six, 2, [2, 3], [1, 0]),
            ["scalar"] = new TensorSpec(Six, 5, [], []),
            ["odd strides of ones"] = new TensorSpec(Six, 0, [1, 6, 1], [77, 1, 0]),
            ["empty"] = new TensorSpec(Six, 0, [0, 4], [4, 1]),
            ["parameter"] = new TensorSpec(Six, 0, [6], [1]) { IsParameter = true },
        }, Six);

        AssertFloats(tensors["whole"], new Shape(2, 3), 1, 2, 3, 4, 5, 6);
        AssertFloats(tensors["transposed"], new Shape(3, 2), 1, 4, 2, 5, 3, 6);
        AssertFloats(tensors["tail"], new Shape(2), 5, 6);
        AssertFloats(tensors["diagonal"], new Shape(2), 2, 6);
        AssertFloats(tensors["expanded"], new Shape(2, 3), 3, 3, 3, 4, 4, 4);
        AssertFloats(tensors["scalar"], new Shape(), 6);
        AssertFloats(tensors["odd strides of ones"], new Shape(1, 6, 1), 1, 2, 3, 4, 5, 6);
        AssertFloats(tensors["empty"], new Shape(0, 4));
        AssertFloats(tensors["parameter"], new Shape(6), 1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void Random_views_agree_with_their_definition()
    {
        var views =
            from rank in Gen.Choose(1, 4)
            from sizes in Gen.Choose(1, 4).ArrayOf(rank)
            from strides in Gen.Choose(0, 5).ArrayOf(rank)
            from offset in Gen.Choose(0, 3)
            from stream in Gen.Elements(false, true)
            from elementSize in Gen.Elements(1, 2, 4, 8)
            select (sizes, strides, offset, stream, elementSize);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(views.ToArbitrary(), view =>
        {
            int last = view.offset + view.sizes.Zip(view.strides, (size, stride) => (size - 1) * stride).Sum();
            byte[] bytes = new byte[(last + 1) * view.elementSize];
            new Random(last).NextBytes(bytes);
            string type = view.elementSize switch { 1 => "ByteStorage", 2 => "ShortStorage", 4 => "IntStorage", _ => "LongStorage" };
            var storage = new StorageSpec("k", type, view.elementSize, bytes);
            long[] Longs(int[] values) => Array.ConvertAll(values, value => (long)value);

            Tensor actual = LoadState(
                view.stream, new() { ["t"] = new TensorSpec(storage, view.offset, Longs(view.sizes), Longs(view.strides)) }, storage)["t"];

            Assert.True(actual.Shape.Dimensions.SequenceEqual(view.sizes));
            for (int flat = 0; flat < actual.Shape.ElementCount; flat++)
            {
                int rest = flat;
                int source = view.offset;
                for (int axis = view.sizes.Length - 1; axis >= 0; axis--)
                {
                    source += rest % view.sizes[axis] * view.strides[axis];
                    rest /= view.sizes[axis];
                }

                Assert.True(actual.Bytes.Slice(flat * view.elementSize, view.elementSize)
                    .SequenceEqual(bytes.AsSpan(source * view.elementSize, view.elementSize)));
            }
        }));
    }

    [Theory]
    [InlineData("FloatStorage", 4, ElementType.Float32)]
    [InlineData("HalfStorage", 2, ElementType.Float16)]
    [InlineData("BFloat16Storage", 2, ElementType.BFloat16)]
    [InlineData("DoubleStorage", 8, ElementType.Float64)]
    [InlineData("LongStorage", 8, ElementType.Int64)]
    [InlineData("IntStorage", 4, ElementType.Int32)]
    [InlineData("ShortStorage", 2, ElementType.Int16)]
    [InlineData("CharStorage", 1, ElementType.Int8)]
    [InlineData("ByteStorage", 1, ElementType.UInt8)]
    [InlineData("BoolStorage", 1, ElementType.Bool)]
    public void Element_types_keep_their_bits(string storageType, int elementSize, ElementType type)
    {
        byte[] bytes = [0, 1, 0x80, 0x3F, 0, 0, 0xC0, 0x7F, 1, 1, 1, 1, 0, 0, 0xF0, 0x3F];
        var storage = new StorageSpec("7", storageType, elementSize, bytes);
        foreach (bool stream in (bool[])[false, true])
        {
            Tensor tensor = LoadState(stream, new() { ["t"] = TensorSpec.Whole(storage) }, storage)["t"];

            Assert.Equal(type, tensor.Type);
            Assert.Equal(new Shape(16 / elementSize), tensor.Shape);
            Assert.True(tensor.Bytes.SequenceEqual(bytes));
        }
    }

    [Fact]
    public void Bfloat16_converts_to_the_floats_it_stands_for()
    {
        var storage = new StorageSpec("0", "BFloat16Storage", 2, MemoryMarshal.AsBytes<ushort>([0x3F80, 0xC040, 0x7F80]).ToArray());

        Tensor tensor = LoadState(false, new() { ["t"] = TensorSpec.Whole(storage) }, storage)["t"];

        Assert.Equal([1f, -3f, float.PositiveInfinity], tensor.ToFloat32().Floats.ToArray());
    }

    [Fact]
    public void Version_3_takes_the_type_from_its_dtype()
    {
        var storage = new StorageSpec("0", "UntypedStorage", 1, MemoryMarshal.AsBytes<float>([1, 2, 3, 4]).ToArray());
        var call = new CallSpec(
            new GlobalSpec("torch._utils", "_rebuild_tensor_v3"),
            storage, 1, new object?[] { 3 }, new object?[] { 1 }, false, null, new GlobalSpec("torch", "float32"));

        AssertFloats(LoadState(false, new() { ["t"] = call }, storage)["t"], new Shape(3), 2, 3, 4);
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model_state_dict")]
    [InlineData("model")]
    public void Training_checkpoints_give_their_state_dict_and_nothing_else(string key)
    {
        StorageSpec momentum = StorageSpec.Floats("1", 9, 9);
        var root = new Dictionary<string, object?>
        {
            ["epoch"] = 90,
            ["arch"] = "shufflenet_v2_x1_0",
            ["best_acc1"] = TensorSpec.Whole(momentum),
            [key] = new OrderedDictSpec(
                new() { ["module.a.weight"] = new TensorSpec(Six, 0, [2, 3], [3, 1]), ["module.a.bias"] = TensorSpec.Whole(Six) }),
            ["optimizer"] = new Dictionary<string, object?>
            {
                ["state"] = new Dictionary<string,
                object?>
                { ["0"] = new Dictionary<string, object?> { ["momentum_buffer"] = TensorSpec.Whole(momentum) } },
                ["param_groups"] = new List<object?> { new Dictionary<string,
                    object?> { ["lr"] = 0.1, ["nesterov"] = true, ["betas"] = new object?[] { 0.9, -1 } } },
            },
            ["device"] = new CallSpec(new GlobalSpec("torch", "device"), "cuda", 0),
            ["size"] = new CallSpec(new GlobalSpec("torch", "Size"), new object?[] { new object?[] { 1, 2 } }),
            ["dtype"] = new GlobalSpec("torch", "complex64"),
        };

        foreach (bool stream in (bool[])[false, true])
        {
            StateDict tensors = WeightBytes.Load(TorchFile.Write(stream, root, Six, momentum)).Tensors;
            Assert.Equal(["a.weight", "a.bias"], tensors.Names);
            AssertFloats(tensors["a.bias"], new Shape(6), 1, 2, 3, 4, 5, 6);
        }
    }

    [Fact]
    public void Prefixes_are_stripped_only_where_all_names_share_them()
    {
        TensorSpec t = TensorSpec.Whole(Six);
        Assert.Equal(["a", "b"], LoadState(false, new() { ["_orig_mod.module.a"] = t, ["_orig_mod.module.b"] = t }, Six).Names);
        Assert.Equal(["module.a", "b"], LoadState(false, new() { ["module.a"] = t, ["b"] = t }, Six).Names);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void Every_pickle_protocol_that_PyTorch_can_write_is_read(int protocol)
    {
        var state = new OrderedDictSpec(new() { ["t"] = new TensorSpec(Six, 0, [3, 2], [1, 3]) });
        byte[] stream = TorchFile.Stream(state, protocol, true, Six);
        byte[] zip = TorchFile.ZipOf(PickleBuilder.Pickle(state, protocol), [Six]);

        AssertFloats(WeightBytes.Load(stream).Tensors["t"], new Shape(3, 2), 1, 4, 2, 5, 3, 6);
        AssertFloats(WeightBytes.Load(zip).Tensors["t"], new Shape(3, 2), 1, 4, 2, 5, 3, 6);
    }

    [Fact]
    public void Storage_views_of_the_stream_format_are_windows()
    {
        StorageSpec window = Six with { View = ["0.view", 2, 3] };
        StateDict tensors = LoadState(true, new() { ["t"] = new TensorSpec(window, 1, [2], [1]) }, Six);
        AssertFloats(tensors["t"], new Shape(2), 4, 5);

        byte[] beyond = TorchFile.Stream(new Dictionary<string, object?> { ["t"] = new TensorSpec(window, 2, [2], [1]) }, Six);
        Assert.Contains("reaches element 3; its storage has 3", WeightBytes.Refuse(beyond).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Python_2_dicts_given_as_pairs_are_read()
    {
        var pairs = new List<object?> { new List<object?> { "a", TensorSpec.Whole(Six) }, new object?[] { "b", TensorSpec.Whole(Six) } };
        byte[] bytes = TorchFile.Stream(new CallSpec(new GlobalSpec("collections", "OrderedDict"), pairs), Six);
        Assert.Equal(["a", "b"], WeightBytes.Load(bytes).Tensors.Names);
    }

    [Fact]
    public void Archive_name_compression_and_missing_byte_order_do_not_matter()
    {
        byte[] pickle = PickleBuilder.Pickle(new Dictionary<string, object?> { ["t"] = TensorSpec.Whole(Six) });
        byte[] bytes = TorchFile.ZipOf(pickle, [Six], "some net-1.0", byteOrder: null, CompressionLevel.Optimal);
        AssertFloats(WeightBytes.Load(bytes).Tensors["t"], new Shape(6), 1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void Big_endian_files_are_refused()
    {
        byte[] pickle = PickleBuilder.Pickle(new Dictionary<string, object?> { ["t"] = TensorSpec.Whole(Six) });
        Assert.Contains("'big'", WeightBytes.Refuse(TorchFile.ZipOf(pickle, [Six], byteOrder: "big")).Problem, StringComparison.Ordinal);
        byte[] stream = TorchFile.Stream(new Dictionary<string, object?>(), 2, littleEndian: false);
        Assert.Contains("little-endian", WeightBytes.Refuse(stream).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_tensors_say_what_they_hold()
    {
        var error = WeightBytes.Refuse(
            TorchFile.Zip(new Dictionary<string, object?> { ["epoch"] = 3, ["scores"] = new List<object?> { 1 } }));
        Assert.Contains("epoch, scores", error.Problem, StringComparison.Ordinal);
        Assert.Contains("state_dict", error.Problem, StringComparison.Ordinal);
        Assert.Contains("no dict", WeightBytes.Refuse(TorchFile.Zip(new List<object?>())).Problem, StringComparison.Ordinal);
    }

    private static StateDict LoadState(bool stream, Dictionary<string, object?> state, params StorageSpec[] storages) =>
        WeightBytes.Load(TorchFile.Write(stream, new OrderedDictSpec(state), storages)).Tensors;

    private static void AssertFloats(Tensor tensor, Shape shape, params float[] expected)
    {
        Assert.Equal(shape, tensor.Shape);
        Assert.Equal(expected, tensor.Floats.ToArray());
    }
}
