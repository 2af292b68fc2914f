using DwEngine.Decomposition;
using DwEngine.Files;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Networks;
using DwEngine.Onnx;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Vision;
using Xunit;

namespace DwEngine.PyTorch.Tests;

/// <summary>Whole networks in PyTorch: outputs, gradients, and a step of training that comes back.</summary>
[Trait("Category", "Native")]
public class NetworkTests
{
    [Fact]
    public void Networks_of_all_families_train_and_come_back()
    {
        using var run = new TorchRun();
        foreach (string name in RandomNetworks.Names.Where(name => !name.StartsWith("shufflenet_v2_x1", StringComparison.Ordinal)
            && !name.StartsWith("shufflenet_v2_x2", StringComparison.Ordinal)))
        {
            run.Add(name, RandomNetworks.TryBuild(name)!);
        }

        run.Check();
    }

    [Fact]
    public void A_decomposed_network_trains_and_comes_back()
    {
        using var run = new TorchRun();
        Graph graph = TestModels.ShuffleNet(StemKind.Cifar).Graph;
        foreach (int rank in (int[])[1, 2])
        {
            run.Add($"rank_{rank}", Decompose(RandomNetworks.TryBuild("resnet18")!, rank));
        }

        int size = graph.Inputs[0].DefaultShape[2];
        run.Add("native", graph, metadata: new() { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = size });
        run.Check();
    }

    [SharedFact]
    public void Networks_from_files_train_and_come_back()
    {
        using var run = new TorchRun();
        foreach (string name in (string[])
            ["mobilenet_v2", "squeezenet1_1", "mnasnet0_5", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x0_5_expanded"])
        {
            run.Add(name, OnnxFile.Load(SharedFolder.Require($"models/{name}.onnx")).Graph, input: Input($"models/{name}.in.bin"));
        }

        foreach (string name in (string[])["shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x0_5_expanded"])
        {
            Network network = ModelFile.LoadNetwork(SharedFolder.Require($"models/{name}.pth"));
            run.Add($"{name}_pth", network.Graph, metadata: network.Metadata, input: Input($"models/{name}.in.bin"));
        }

        foreach (string name in (string[])["fastestdet", "ultraface_rfb_320"])
        {
            run.Add(name, OnnxFile.Load(SharedFolder.Require($"models/real/{name}.onnx")).Graph);
        }

        run.Check();
    }

    [SharedFact]
    public void A_trained_network_is_decomposed_and_comes_back()
    {
        using var run = new TorchRun();
        Network network = CifarNetwork();
        foreach (int rank in (int[])[1, 2])
        {
            Graph graph = Decompose(network.Graph, rank);
            run.Add($"svd_{rank}", graph, metadata: network.Metadata);
            run.Add($"onnx_{rank}", OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(graph))).Graph);
        }

        run.Check();
    }

    [SharedFact]
    public void A_network_that_was_decomposed_jointly_trains_and_comes_back()
    {
        using var run = new TorchRun();
        Network network = CifarNetwork();
        var images = new CalibrationFolder(SharedFolder.Require("data/cifar10/train"), network.Metadata, samples: 100, seed: 1);
        NetworkDecomposition joint = NetworkDecomposer.Decompose(
            network, new DecompositionOptions { Method = "joint", Images = images }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(19, joint.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed));
        run.Add("joint", joint.Graph, metadata: network.Metadata);
        run.Add("joint_onnx", OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(joint.Graph))).Graph);
        run.Check();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_the_module_cannot_be_replaced_the_weights_stay_those_of_before(bool isThere)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "net.py"), weights = PyTorchModule.WeightsOf(path);
        byte[] before = [1, 2, 3];
        if (isThere)
        {
            File.WriteAllBytes(weights, before);
        }

        var module = PyTorchModule.Of(TestModels.ShuffleNet(StemKind.Cifar).Graph, new ModelMetadata());
        Assert.Throws<FileFormatException>(() => module.Save(path, "test", (name, checkpoint) =>
        {
            CheckpointFile.Save(name, checkpoint);
            Directory.CreateDirectory(path);
        }));
        Assert.Equal(isThere ? before : null, File.Exists(weights) ? File.ReadAllBytes(weights) : null);
        Assert.Equal(isThere ? 1 : 0, Directory.GetFiles(folder.Path).Length);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_module_with_a_layer_that_mixes_images_takes_one_only(int axis, bool mixes)
    {
        var builder = new GraphBuilder();
        Graph graph = builder.Build(builder.Input("x", new Shape(1, 4, 2, 2)).Reshape([2, 2, 4]).Reshape([1, 4, 2, 2]).Softmax(axis));
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "net.py");
        PyTorchModule.Of(graph, new ModelMetadata()).Save(path, "net.onnx");
        Assert.Equal(mixes, File.ReadAllText(path).Contains("if x.shape[0] != 1:", StringComparison.Ordinal));
    }

    [Fact]
    public void A_module_refuses_weights_that_another_one_saved()
    {
        using var run = new TorchRun();
        var metadata = new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 16 };
        foreach ((string name, int seed) in (ReadOnlySpan<(string, int)>)[("mine", 1), ("other", 2)])
        {
            StateDict weights = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar), seed);
            run.Add(name, Architectures.Build(new Checkpoint(weights, metadata)).Graph, metadata: metadata);
        }

        run.RequireRefusal("mine", "other.safetensors", "holds the weights of another module");
    }

    private static Network CifarNetwork() => ModelFile.LoadNetwork(
        SharedFolder.Require("models/cifar10_expanded_x0_5.pth"),
        new ModelMetadata
        {
            Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar),
            InputSize = 32,
            Mean = [0.4914f, 0.4822f, 0.4465f],
            StandardDeviation = [0.2470f, 0.2435f, 0.2616f],
        });

    private static Graph Decompose(Graph graph, int rank) => NetworkDecomposer.Decompose(
        graph, new DecompositionOptions { Method = "svd", Rank = rank }, cancellation: TestContext.Current.CancellationToken).Graph;

    private static Tensor Input(string path) =>
        Tensor.FromBytes(ElementType.Float32, new Shape(1, 3, 224, 224), File.ReadAllBytes(SharedFolder.Require(path)));
}
