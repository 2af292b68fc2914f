using DwEngine.Decomposition;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Tensors;
using DwEngine.Tests.Decomposition;
using DwEngine.Tests.Models;
using Xunit;

namespace DwEngine.Tests.Formats;

public sealed class ModelFileTests : IDisposable
{
    private static readonly ModelMetadata s_metadata = new() { Stem = StemKind.Cifar, InputSize = 32, Labels = ["a", "b", "c", "d", "e"] };

    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "small.safetensors");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_decomposed_network_is_saved_as_what_it_has_become()
    {
        Network expanded = Tiny("stage3.1.branch2.3");
        Graph graph = NetworkDecomposer.Decompose(expanded.Graph, cancellation: TestContext.Current.CancellationToken).Graph;

        ModelFile.Save(File, graph, expanded.Metadata);

        Network saved = ModelFile.LoadNetwork(File);
        Assert.Equal(Tiny().Metadata.Architecture, saved.Metadata.Architecture);
        Assert.NotEqual(expanded.Metadata.Architecture, saved.Metadata.Architecture);
        Assert.Equal((StemKind.Cifar, 32), (saved.Metadata.Stem, saved.Metadata.InputSize));
        Assert.Equal(s_metadata.Labels!.Value, saved.Metadata.Labels!.Value);
        Tensor input = LinearChain.Values(1, graph.Inputs[0].DefaultShape);
        Assert.Equal(ReferenceExecutor.Run(graph, input).Floats, ReferenceExecutor.Run(saved.Graph, input).Floats);
        // What the caller did not know is written too.
        Assert.Equal(ModelMetadata.ImageNet.Mean!.Value, CheckpointFile.Load(File).Metadata.Mean!.Value);
    }

    [Fact]
    public void A_graph_without_a_form_under_the_names_is_refused_and_leaves_no_file()
    {
        Network network = Tiny("stage3.1.branch2.3");
        Refuse(PassPipeline.Inference.Run(network.Graph), network.Metadata);
        var builder = new GraphBuilder();
        Refuse(builder.Build(builder.Input("x", new Shape(1, 3, 8, 8)).Relu("relu")), network.Metadata);
        // The stem shows in no tensor.
        Assert.Contains("'maxpool'", Refuse(network.Graph, network.Metadata with { Stem = StemKind.ImageNet }), StringComparison.Ordinal);
        Assert.Throws<FileFormatException>(() => ModelFile.Save(Path.ChangeExtension(File, ".onnx"), network.Graph, network.Metadata));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private string Refuse(Graph graph, ModelMetadata metadata)
    {
        string message = Assert.Throws<WeightMismatchException>(() => ModelFile.Save(File, graph, metadata)).Message;
        Assert.StartsWith(File, message, StringComparison.Ordinal);
        return message;
    }

    private static Network Tiny(params ReadOnlySpan<string> regular) => new ShuffleNetV2().Build(
        ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular)), s_metadata);
}
