using DwEngine.Compare;
using DwEngine.Graphs;
using DwEngine.Networks;
using DwEngine.Onnx;
using DwEngine.Runtime;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Perf.Tests;

/// <summary>The networks that are built for comparisons.</summary>
public class RandomNetworkTests
{
    // Millions of parameters and of multiply-adds, as the papers or torchvision tell them.
    [Theory]
    [InlineData("mobilenet_v1", 4.2, 569)]
    [InlineData("mobilenet_v2", 3.5, 301)]
    [InlineData("mobilenet_v3_small", 2.54, 56.5)]
    [InlineData("mnasnet0_5", 2.22, 104)]
    [InlineData("efficientnet_b0", 5.29, 386)]
    [InlineData("squeezenet1_1", 1.24, 349)]
    [InlineData("resnet18", 11.69, 1814)]
    [InlineData("shufflenet_v2_x0_5", 1.37, 40.5)]
    [InlineData("shufflenet_v2_x1_5", 3.5, 297)]
    [InlineData("shufflenet_v2_x2_0", 7.39, 583)]
    public void Networks_have_the_size_of_their_models(string name, double parameters, double multiplyAdds)
    {
        Graph graph = RandomNetworks.TryBuild(name)!;
        Assert.InRange(graph.ParameterCount / 1e6, 0.97 * parameters, 1.03 * parameters);
        Assert.InRange(graph.Infer().TotalMultiplyAdds / 1e6, 0.97 * multiplyAdds, 1.03 * multiplyAdds);
    }

    [Theory]
    [InlineData("mobilenet_v3_small")]
    [InlineData("mnasnet0_5")]
    [InlineData("detector")]
    [InlineData("shufflenet_v2_x0_5_expanded")]
    public void Activations_stay_finite_and_depend_on_the_input(string name)
    {
        Graph graph = RandomNetworks.TryBuild(name)!;
        Assert.Equal(OnnxExport.ToBytes(graph), OnnxExport.ToBytes(RandomNetworks.TryBuild(name)!));
        using var model = new Model(graph);
        using Session session = model.CreateSession();
        float[] first = TestModels.Compute(session, TestModels.Input(session, 1));
        float[] second = TestModels.Compute(session, TestModels.Input(session, 2));
        Assert.All(first, value => Assert.True(float.IsFinite(value)));
        Assert.NotEqual(first, second);
        Assert.InRange(first.Max(Math.Abs), 1e-3, 1e6);
    }

    [Fact]
    public void Every_network_goes_to_files_that_this_engine_loads()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["detector", "shufflenet_v2_x0_5"])
        {
            ModelPair pair = ModelPair.Build(name, folder.Path);
            using Model weights = ModelPair.Load(pair.Weights), onnx = ModelPair.Load(pair.Onnx);
            using Session first = weights.CreateSession(), second = onnx.CreateSession();
            float[] input = TestModels.Input(first), expected = TestModels.Compute(first, input), found = TestModels.Compute(second, input);
            double largest = expected.Max(Math.Abs);
            Assert.All(expected.Zip(found), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * largest));
        }

        CompareException error = Assert.Throws<CompareException>(() => ModelPair.Build("mobilenet", folder.Path));
        Assert.Contains("mobilenet_v2", error.Message, StringComparison.Ordinal);
    }
}
