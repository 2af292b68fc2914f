using System.Runtime.InteropServices;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Models.Tests;

/// <summary>
/// The graph and the naive references against logits that torchvision computed: what all other tests take for the truth is held against a
/// truth from outside.
/// </summary>
public class TorchvisionReferenceTests
{
    [SharedFact]
    public void The_references_give_torchvisions_logits()
    {
        const string Name = "shufflenet_v2_x0_5";
        Network network = Architectures.Build(CheckpointFile.Load(SharedFolder.Require($"models/{Name}.pth")));
        Assert.Equal(Name, network.Metadata.Architecture);
        Tensor logits = ReferenceExecutor.Run(network.Graph, Read($"models/{Name}.in.bin", new Shape(1, 3, 224, 224)));
        ReadOnlySpan<float> expected = Read($"models/{Name}.out.bin", new Shape(1, 1000)).Floats, actual = logits.Floats;
        float difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference = MathF.Max(difference, MathF.Abs(expected[i] - actual[i]));
        }

        Assert.InRange(difference, 0, 1e-5f);
    }

    [SharedTheory]
    [InlineData("cifar10_expanded_x0_5.pth", "shufflenet_v2_x0_5_expanded", 19)]
    [InlineData("shufflenet_v2_x0_5_expanded.pth", "shufflenet_v2_x0_5_expanded", 19)]
    [InlineData("cifar10_dw_x0_5.pth", "shufflenet_v2_x0_5", 0)]
    public void Regular_convolutions_are_told_by_their_shapes(string file, string name, int expanded)
    {
        StateDict tensors = CheckpointFile.Load(SharedFolder.Require($"models/{file}")).Tensors;
        var architecture = ShuffleNetV2Dimensions.Detect(tensors, StemKind.Cifar);
        Assert.Equal(name, architecture.Name);
        Assert.Equal(expanded, architecture.Modified.Count);
        Assert.All(architecture.Modified.Values, spatial => Assert.Equal(new SpatialConvolution(true, 1), spatial));
    }

    private static Tensor Read(string file, Shape shape) =>
        Tensor.FromFloats(shape, MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedFolder.Require(file))));
}
