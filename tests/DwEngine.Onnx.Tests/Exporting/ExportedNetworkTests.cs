using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Onnx.Tests.Exporting;

/// <summary>Whole networks, written and read again, by this engine and by ONNX Runtime.</summary>
[Trait("Category", "Native")]
public class ExportedNetworkTests
{
    [SharedTheory]
    [InlineData("mobilenet_v2.onnx")]
    [InlineData("squeezenet1_1.onnx")]
    [InlineData("mnasnet0_5.onnx")]
    [InlineData("shufflenet_v2_x0_5.onnx")]
    [InlineData("shufflenet_v2_x1_0.onnx")]
    [InlineData("shufflenet_v2_x0_5_expanded.onnx")]
    [InlineData("real/fastestdet.onnx")]
    [InlineData("real/ultraface_rfb_320.onnx")]
    public void Import_export_import_gives_the_same_bits(string file)
    {
        OnnxNetwork network = OnnxFile.Load(SharedFolder.Require($"models/{file}"));
        byte[] bytes = OnnxExport.ToBytes(network.Graph, network.Metadata);
        Assert.Equal(bytes, OnnxExport.ToBytes(network.Graph, network.Metadata));
        OnnxNetwork again = OnnxFile.Load(new MemoryStream(bytes));
        Assert.Equal(network.Graph.Inputs.Select(Described), again.Graph.Inputs.Select(Described));
        Dictionary<string, Tensor> inputs = RandomInputs(network.Graph);
        Dictionary<string, byte[]> expected = Run(network.Graph, inputs), found = Run(again.Graph, inputs);
        Assert.Equal(expected, found);
    }

    [SharedTheory]
    [InlineData("mobilenet_v2.onnx")]
    [InlineData("squeezenet1_1.onnx")]
    [InlineData("mnasnet0_5.onnx")]
    [InlineData("shufflenet_v2_x0_5.onnx")]
    [InlineData("shufflenet_v2_x1_0.onnx")]
    [InlineData("shufflenet_v2_x0_5_expanded.onnx")]
    [InlineData("real/fastestdet.onnx")]
    [InlineData("real/ultraface_rfb_320.onnx")]
    public void Runtime_agrees_on_imported_networks(string file) =>
        RequireAgreement(OnnxFile.Load(SharedFolder.Require($"models/{file}")).Graph);

    [SharedTheory]
    [InlineData("shufflenet_v2_x0_5.pth")]
    [InlineData("shufflenet_v2_x1_0.pth")]
    [InlineData("shufflenet_v2_x0_5_expanded.pth")]
    [InlineData("cifar10_dw_x0_5.pth")]
    [InlineData("cifar10_expanded_x0_5.pth")]
    public void Runtime_agrees_on_networks_of_weight_files(string file)
    {
        ModelMetadata? metadata = file.StartsWith("cifar10", StringComparison.Ordinal)
            ? new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 }
            : null;
        RequireAgreement(ModelFile.LoadNetwork(SharedFolder.Require($"models/{file}"), metadata).Graph, batch: 3);
    }

    [Theory]
    [InlineData("svd", 1)]
    [InlineData("svd", 3)]
    [InlineData("decoupling", 2)]
    public void Runtime_agrees_on_decomposed_networks(string method, int rank)
    {
        NetworkModel model = TestModels.ShuffleNet();
        RequireAgreement(NetworkDecomposer.Decompose(
            new Network(model.Graph, model.Metadata),
            new DecompositionOptions { Method = method, Rank = rank },
            cancellation: TestContext.Current.CancellationToken).Graph);
    }

    [Fact]
    public void Metadata_and_names_come_back_and_any_batch_is_taken()
    {
        NetworkModel model = TestModels.ShuffleNet();
        var metadata = model.Metadata with { Mean = [0.1f, 0.2f, 0.3f], StandardDeviation = [1, 2, 3], Labels = ["cat", "dög"] };
        OnnxNetwork network = OnnxFile.Load(new MemoryStream(OnnxExport.ToBytes(model.Graph, metadata)));
        Assert.Equal(metadata.Architecture, network.Metadata.Architecture);
        Assert.Equal(metadata.InputSize, network.Metadata.InputSize);
        Assert.Equal(metadata.Settings, network.Metadata.Settings);
        Assert.Equal(metadata.Mean!.Value, network.Metadata.Mean!.Value);
        Assert.Equal(metadata.StandardDeviation!.Value, network.Metadata.StandardDeviation!.Value);
        Assert.Equal(metadata.Labels!.Value, network.Metadata.Labels!.Value);
        Assert.Equal(model.Graph.Inputs[0].Name, network.Graph.Inputs[0].Name);
        Assert.Equal(model.Graph.Outputs[0].Name, network.Graph.Outputs[0].Name);
        Assert.Equal([new NamedDimension(0, "batch", true)], network.Graph.Inputs[0].NamedDimensions);
        IEnumerable<string> names = network.Graph.Nodes.Select(node => node.Name);
        Assert.All(model.Graph.Nodes, node => Assert.Contains(node.Name, names));
        if (Peer.IsThere)
        {
            RequireAgreement(model.Graph, batch: 2);
        }
    }

    [Fact]
    public void What_passes_make_is_written_as_its_parts()
    {
        Graph graph = PassPipeline.Inference.Run(TestModels.ShuffleNet().Graph);
        Assert.Contains(graph.Nodes, node => node.Layer.Kind == "ConvolutionMaxPool");
        Assert.Contains(graph.Nodes, node => node.Layer is Convolution { Epilogue.AsClamp: { Low: 0 } });
        RequireAgreement(graph);
    }

    private static void RequireAgreement(Graph graph, int? batch = null)
    {
        byte[] onnx = OnnxExport.ToBytes(graph);
        Dictionary<string, Tensor> inputs = RandomInputs(graph, batch);
        Dictionary<string, byte[]> expected = Peer.Run(onnx, inputs), found = Run(graph, inputs);
        foreach ((string name, byte[] bytes) in found)
        {
            Peer.RequireNear(name, ElementType.Float32, bytes, expected[name], 1e-5);
        }
    }

    private static Dictionary<string, Tensor> RandomInputs(Graph graph, int? batch = null)
    {
        var random = new Random(1);
        return graph.Inputs.ToDictionary(
            input => input.Name,
            input => TestTensors.Random(random, batch is { } images ? input.DefaultShape.With(0, images) : input.DefaultShape));
    }

    private static Dictionary<string, byte[]> Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession(
            SessionOptions.Default with { InputShapes = inputs.ToDictionary(pair => pair.Key, pair => pair.Value.Shape) });
        foreach ((string name, Tensor tensor) in inputs)
        {
            tensor.Bytes.CopyTo(session.InputBytes(name));
        }

        session.Run();
        return session.Outputs.ToDictionary(output => output.Name, output => session.OutputBytes(output.Name).ToArray());
    }

    private static string Described(GraphInput input) =>
        $"{input.Name} {input.Type} {input.DefaultShape}";
}
