using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

/// <summary>Files that PyTorch itself wrote.</summary>
public class RealModelTests
{
    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5", 338, 24, 1000)]
    [InlineData("shufflenet_v2_x0_5.legacy", 338, 24, 1000)]
    [InlineData("shufflenet_v2_x0_5_expanded", 338, 24, 1000)]
    [InlineData("shufflenet_v2_x1_0", 338, 24, 1000)]
    [InlineData("cifar10_dw_x0_5", 338, 24, 10)]
    [InlineData("cifar10_expanded_x0_5", 338, 24, 10)]
    public void State_dict_has_torchvision_names_and_shapes(string name, int count, int stemChannels, int classes)
    {
        StateDict tensors = Load(name);

        Assert.Equal(count, tensors.Count);
        Assert.Equal("conv1.0.weight", tensors.Names[0]);
        Assert.Equal("fc.bias", tensors.Names[^1]);
        Assert.Equal(new Shape(stemChannels, 3, 3, 3), tensors["conv1.0.weight"].Shape);
        Assert.Equal(new Shape(classes, 1024), tensors["fc.weight"].Shape);
        Assert.Equal(ElementType.Int64, tensors["conv1.1.num_batches_tracked"].Type);
        Assert.Equal(new Shape(), tensors["conv1.1.num_batches_tracked"].Shape);
        Assert.Contains(tensors["fc.weight"].Floats.ToArray(), value => value != 0);
    }

    [SharedFact]
    public void Stream_format_holds_the_same_bits_as_the_zip_format() =>
        AssertSame(Load("shufflenet_v2_x0_5"), Load("shufflenet_v2_x0_5.legacy"));

    [SharedFact]
    public void Wrapped_half_precision_file_holds_the_same_values_rounded()
    {
        StateDict single = Load("shufflenet_v2_x0_5");
        StateDict half = Load("shufflenet_v2_x0_5.fp16.wrapped");

        Assert.Equal(single.Names, half.Names);
        foreach ((string name, Tensor expected) in single)
        {
            Tensor actual = half[name];
            Assert.Equal(expected.Shape, actual.Shape);
            if (expected.Type == ElementType.Int64)
            {
                Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), name);
                continue;
            }

            Assert.Equal(ElementType.Float16, actual.Type);
            float[] rounded = Array.ConvertAll(expected.Floats.ToArray(), value => (float)(Half)value);
            Assert.True(actual.ToFloat32().Floats.SequenceEqual(rounded), name);
        }
    }

    [SharedFact]
    public void Conversion_to_safetensors_keeps_every_bit()
    {
        StateDict tensors = Load("shufflenet_v2_x0_5");
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "converted.safetensors");

        CheckpointFile.Save(path, new Checkpoint(tensors, ModelMetadata.ImageNet));

        Checkpoint converted = CheckpointFile.Load(path);
        AssertSame(tensors, converted.Tensors);
        Assert.Equal(224, converted.Metadata.InputSize);
    }

    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("shufflenet_v2_x0_5.legacy")]
    public void Reading_takes_little_more_memory_than_the_file(string name)
    {
        string path = SharedFolder.Require($"models/{name}.pth");
        long length = new FileInfo(path).Length;
        CheckpointFile.Load(path);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckpointFile.Load(path);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, length + (4 << 20));
    }

    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("shufflenet_v2_x0_5.legacy")]
    public void Truncated_files_are_refused(string name)
    {
        byte[] bytes = File.ReadAllBytes(SharedFolder.Require($"models/{name}.pth"));
        foreach (int length in (int[])[1, 2, 3, 64, 500, 20_000, 60_000, bytes.Length / 2, bytes.Length - 4096, bytes.Length - 1])
        {
            WeightBytes.Refuse(bytes[..length], maxAllocatedBytes: 8 << 20);
        }
    }

    private static StateDict Load(string name) => CheckpointFile.Load(SharedFolder.Require($"models/{name}.pth")).Tensors;

    private static void AssertSame(StateDict expected, StateDict actual)
    {
        Assert.Equal(expected.Names, actual.Names);
        foreach ((string name, Tensor tensor) in expected)
        {
            Assert.Equal(tensor.Type, actual[name].Type);
            Assert.Equal(tensor.Shape, actual[name].Shape);
            Assert.True(tensor.Bytes.SequenceEqual(actual[name].Bytes), name);
        }
    }
}
