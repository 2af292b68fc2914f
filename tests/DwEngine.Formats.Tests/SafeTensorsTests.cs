using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Formats.Tests;

public class SafeTensorsTests
{
    private static readonly Tensor Ones = Tensor.FromFloats(new Shape(2), [1, 1]);

    [Fact]
    public void Random_checkpoints_survive_a_round_trip_bit_for_bit()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(Checkpoints().ToArbitrary(), checkpoint =>
        {
            using var folder = new TemporaryFolder();
            string path = Path.Combine(folder.Path, "a.safetensors");
            CheckpointFile.Save(path, checkpoint);
            Checkpoint read = CheckpointFile.Load(path);

            Assert.Equal(checkpoint.Tensors.Names, read.Tensors.Names);
            foreach ((string name, Tensor tensor) in checkpoint.Tensors)
            {
                Assert.Equal(tensor.Type, read.Tensors[name].Type);
                Assert.Equal(tensor.Shape, read.Tensors[name].Shape);
                Assert.True(tensor.Bytes.SequenceEqual(read.Tensors[name].Bytes));
            }

            AssertSame(checkpoint.Metadata, read.Metadata);

            string again = Path.Combine(folder.Path, "b.safetensors");
            CheckpointFile.Save(again, read);
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
        }));
    }

    [Fact]
    public void Header_is_padded_json_and_tensors_are_aligned()
    {
        var tensors = new StateDict();
        tensors.Add("bytes", Tensor.FromBytes(ElementType.UInt8, new Shape(3), [1, 2, 3]));
        tensors.Add("halves", Tensor.FromBytes(ElementType.Float16, new Shape(1), [1, 2]));
        tensors.Add("floats", Ones);
        tensors.Add("longs", Tensor.FromBytes(ElementType.Int64, new Shape(), new byte[8]));
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a.safetensors");
        ModelMetadata known = ModelMetadata.ImageNet with
        {
            Settings = ShuffleNetV2.SettingsFor(StemKind.ImageNet),
            Labels = ["tench", "\"goldfish\""],
        };
        CheckpointFile.Save(path, new Checkpoint(tensors, known));

        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        using JsonDocument header = JsonDocument.Parse(bytes.AsMemory(8, length));
        JsonElement metadata = header.RootElement.GetProperty("__metadata__");
        Assert.Equal("imagenet", metadata.GetProperty("stem").GetString());
        Assert.Equal("224", metadata.GetProperty("input_size").GetString());
        Assert.Equal("[0.485,0.456,0.406]", metadata.GetProperty("mean").GetString());
        Assert.Equal("[0.229,0.224,0.225]", metadata.GetProperty("std").GetString());
        Assert.Equal("""["tench","\"goldfish\""]""", metadata.GetProperty("labels").GetString());
        Assert.False(metadata.TryGetProperty("architecture", out _));
        foreach ((string name, Tensor tensor) in tensors)
        {
            Assert.Equal(0, header.RootElement.GetProperty(name).GetProperty("data_offsets")[0].GetInt32() % tensor.Type.Size());
        }
    }

    [Fact]
    public void Files_of_other_writers_are_read()
    {
        Checkpoint read = WeightBytes.Load(Encode(
            """{"b":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"},"__metadata__":{"format":"pt","stem":"cifar"},"a":"""
                + """{"dtype":"I8","shape":[],"data_offsets":[4,5]}}   """,
            [0, 0, 0x80, 0x3F, 7]));

        Assert.Equal(["b", "a"], read.Tensors.Names);
        Assert.Equal([1f], read.Tensors["b"].Floats.ToArray());
        Assert.Equal(7, read.Tensors["a"].Bytes[0]);
        AssertSame(new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar) }, read.Metadata);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "the file holds 9")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "the file holds 7")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":"""
        + """{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlap")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":"""
        + """{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}""", 8, "needs 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775808]}}""", 8, "integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", 8, "at most 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}""", 8, "dimension of 1000000000000")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}""", 8, "the file holds 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2000000000,2000000000,2000000000],"data_offsets":[0,8]}}""", 8, "64 bits")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "at most 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "integers from 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "JSON")]
    [InlineData("""{"a":{"dtype":"U32","shape":[1],"data_offsets":[0,4]}}""", 4, "dtype 'U32'; expected F32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 0, "data_offsets are needed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F32"}}""", 4, "once each")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "'extra'")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":"""
        + """{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "twice")]
    [InlineData("""{"a":[]}""", 0, "expected StartObject")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "expected String")]
    [InlineData("""{"__metadata__":{"stem":"cifar10"}}""", 0, "'imagenet' or 'cifar'")]
    [InlineData("""{"__metadata__":{"input_size":"-1"}}""", 0, "positive integer")]
    [InlineData("""{"__metadata__":{"mean":"0.5"}}""", 0, "JSON array of finite numbers")]
    [InlineData("""{"__metadata__":{"mean":"[1e99]"}}""", 0, "JSON array of finite numbers")]
    [InlineData("""{"__metadata__":{"std":"[0]"}}""", 0, "above 0")]
    [InlineData("""{"__metadata__":{"labels":"[1]"}}""", 0, "JSON array of strings")]
    [InlineData("""{"__metadata__":{"labels":"[\"\\ud800\"]"}}""", 0, "JSON array of strings")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, "JSON")]
    [InlineData("""{}}""", 0, "JSON")]
    [InlineData("""{} x""", 0, "JSON")]
    [InlineData("""{"a":""", 0, "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,],"data_offsets":[0,0]}}""", 0, "JSON")]
    [InlineData("""{/**/}""", 0, "JSON")]
    public void Malformed_headers_are_refused(string header, int dataBytes, string problem) =>
        Assert.Contains(problem, WeightBytes.Refuse(Encode(header, new byte[dataBytes])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0UL)]
    [InlineData(1000UL)]
    [InlineData(100_000_001UL)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void Wrong_header_lengths_are_refused(ulong length)
    {
        byte[] bytes = Encode("{}                                        ", []);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Assert.Contains("header", WeightBytes.Refuse(bytes).Location, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_and_deep_nesting_are_refused()
    {
        byte[] header = [.. "{\""u8, 0xFF, 0xFE, .. "\":{}}"u8];
        WeightBytes.Refuse([(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header]);
        WeightBytes.Refuse(Encode("{\"a\":{\"b\":" + new string('[', 100_000), []));
    }

    [Fact]
    public void Long_hostile_names_make_short_messages()
    {
        string name = new('x', 100_000);
        var error = WeightBytes.Refuse(Encode($$$"""{"{{{name}}}\n":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}""", [0]), 2 << 20);
        Assert.True(error.Message.Length < 500);
    }

    [Fact]
    public void What_the_format_cannot_hold_is_refused_and_leaves_no_file()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "a.safetensors");
        foreach (Checkpoint bad in (Checkpoint[])
        [
            new(Named("__metadata__"), new ModelMetadata()),
            new(Named("\ud800"), new ModelMetadata()),
            new(Named("a"), new ModelMetadata { Mean = [float.NaN] }),
            new(Named("a"), new ModelMetadata { StandardDeviation = [0f] }),
            new(Named("a"), new ModelMetadata { InputSize = 0 }),
            new(Named("a"), new ModelMetadata { Labels = ["\udc00"] }),
            new(Named("a"), new ModelMetadata { Architecture = "\ud800" }),
        ])
        {
            var error = Assert.Throws<FileFormatException>(() => CheckpointFile.Save(path, bad));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        }
    }

    private static StateDict Named(string name)
    {
        var tensors = new StateDict();
        tensors.Add(name, Ones);
        return tensors;
    }

    private static byte[] Encode(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        return [.. prefix, .. json, .. data];
    }

    private static void AssertSame(ModelMetadata expected, ModelMetadata actual)
    {
        Assert.Equal(expected.Architecture, actual.Architecture);
        Assert.Equal(expected.Settings, actual.Settings);
        Assert.Equal(expected.InputSize, actual.InputSize);
        Assert.Equal(expected.Mean?.ToArray(), actual.Mean?.ToArray());
        Assert.Equal(expected.StandardDeviation?.ToArray(), actual.StandardDeviation?.ToArray());
        Assert.Equal(expected.Labels?.ToArray(), actual.Labels?.ToArray());
    }

    private static Gen<Checkpoint> Checkpoints()
    {
        Gen<string> text = from letters in Gen.Elements("a", ".", "\"", "\\", "\n", "é", "鷺", "🦆", "0", " ", "weight").ListOf()
                           select string.Concat(letters);
        Gen<Tensor> tensor = from type in Gen.Elements(Enum.GetValues<ElementType>())
                             from rank in Gen.Choose(0, 4)
                             from sizes in Gen.Choose(0, 5).ArrayOf(rank)
                             from seed in Gen.Choose(0, int.MaxValue)
                             select RandomTensor(type, new Shape(sizes), seed);
        Gen<float> number = from value in Gen.Choose(1, int.MaxValue) select value * 1e-9f;
        return from names in text.ListOf()
               from tensors in tensor.ListOf(names.Count)
               from architecture in text
               from stem in Gen.Elements<StemKind?>(null, StemKind.Cifar, StemKind.ImageNet)
               from size in Gen.Choose(0, 500)
               from mean in number.ArrayOf()
               from deviation in number.ArrayOf()
               from labels in text.ArrayOf()
               from absent in Gen.Choose(0, 15)
               select new Checkpoint(Dictionary(names, tensors), new ModelMetadata
               {
                   Architecture = (absent & 1) != 0 ? null : architecture,
                   Settings = ShuffleNetV2.SettingsFor(stem),
                   InputSize = size == 0 ? null : size,
                   Mean = (absent & 2) != 0 ? null : [.. mean],
                   StandardDeviation = (absent & 4) != 0 ? null : [.. deviation],
                   Labels = (absent & 8) != 0 ? null : [.. labels],
               });
    }

    private static Tensor RandomTensor(ElementType type, Shape shape, int seed)
    {
        byte[] bytes = new byte[shape.ElementCount * type.Size()];
        new Random(seed).NextBytes(bytes);
        return Tensor.FromBytes(type, shape, bytes);
    }

    private static StateDict Dictionary(IList<string> names, IList<Tensor> tensors)
    {
        var state = new StateDict();
        for (int i = 0; i < names.Count; i++)
        {
            if (!state.TryGet(names[i], out _))
            {
                state.Add(names[i], tensors[i]);
            }
        }

        return state;
    }
}
