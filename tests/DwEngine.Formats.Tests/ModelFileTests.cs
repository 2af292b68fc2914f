using DwEngine.Decomposition;
using DwEngine.Files;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Passes;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Formats.Tests;

public sealed class ModelFileTests : IDisposable
{
    private static readonly ModelMetadata s_metadata =
        new() { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32, Labels = ["a", "b", "c", "d", "e"] };

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
        Assert.Equal((StemKind.Cifar, 32), (ShuffleNetV2.StemOf(saved.Metadata), saved.Metadata.InputSize));
        Assert.Equal(s_metadata.Labels!.Value, saved.Metadata.Labels!.Value);
        Tensor input = TestTensors.Random(new Random(1), graph.Inputs[0].DefaultShape);
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
        Assert.Contains("'maxpool'", Refuse(
            network.Graph, network.Metadata with { Settings = ShuffleNetV2.SettingsFor(StemKind.ImageNet) }), StringComparison.Ordinal);
        Assert.Throws<FileFormatException>(() => ModelFile.Save(Path.ChangeExtension(File, ".onnx"), network.Graph, network.Metadata));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Errors_about_weights_name_the_file_and_keep_what_led_to_them()
    {
        StateDict tensors = TinyWeights().With((name, tensor) => name == "fc.bias" ? null : tensor);
        CheckpointFile.Save(File, new Checkpoint(tensors, s_metadata));
        var error = Assert.Throws<WeightMismatchException>(() => ModelFile.Load(File));
        Assert.StartsWith($"{File}: 1 tensor does not fit", error.Message, StringComparison.Ordinal);
        Assert.Equal(["fc.bias is missing (expected 5)"], error.Problems);
        Assert.IsType<WeightMismatchException>(error.InnerException);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ModelMetadata.MaxInputSize + 1)]
    [InlineData(1_073_741_824)]
    [InlineData(int.MaxValue)]
    public void Input_sizes_that_no_network_has_are_refused_with_the_files_name(int size)
    {
        CheckpointFile.Save(File, new Checkpoint(TinyWeights(), new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar) }));
        var error = Assert.Throws<FileFormatException>(() => ModelFile.Load(File, new ModelMetadata { InputSize = size }));
        Assert.Equal(File, error.File);
        Assert.Contains($"{size}", error.Problem, StringComparison.Ordinal);
        Assert.IsType<ShapeException>(error.InnerException);
    }

    [Fact]
    public void The_largest_input_size_is_read_and_the_next_is_not()
    {
        CheckpointFile.Save(File, new Checkpoint(TinyWeights(), new ModelMetadata { InputSize = ModelMetadata.MaxInputSize }));
        Assert.True(ModelFile.Load(File).Graph.Infer().TotalMultiplyAdds > 0);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        int at = bytes.AsSpan().IndexOf("\"8192\""u8);
        "\"8193\""u8.CopyTo(bytes.AsSpan(at));
        System.IO.File.WriteAllBytes(File, bytes);
        Assert.Contains("at most 8192", Assert.Throws<FileFormatException>(() => ModelFile.Load(File)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_is_chosen_through_the_model_file_too()
    {
        StateDict weights = TinyWeights();
        var both = new StateDict();
        foreach ((string name, Tensor tensor) in weights)
        {
            both.Add($"model.{name}", tensor);
            both.Add($"ema.{name}", name == "fc.bias" ? TestTensors.Of(tensor.Shape, [9, 9, 9, 9, 9]) : tensor);
        }

        CheckpointFile.Save(File, new Checkpoint(both, s_metadata));
        Assert.NotEqual(9f, BiasOf(null));
        Assert.Equal(9f, BiasOf("ema"));

        float BiasOf(string? root) => ModelFile.LoadNetwork(File, root: root).Graph.Nodes.Single(node => node.Name == "fc")
            .Layer.Parameters.Single(parameter => parameter.Name == "bias").Tensor.Floats[0];
    }

    private string Refuse(Graph graph, ModelMetadata metadata)
    {
        string message = Assert.Throws<WeightMismatchException>(() => ModelFile.Save(File, graph, metadata)).Message;
        Assert.StartsWith(File, message, StringComparison.Ordinal);
        return message;
    }

    private static Network Tiny(params ReadOnlySpan<string> regular) => new ShuffleNetV2().Build(TinyWeights(regular), s_metadata);

    private static StateDict TinyWeights(params ReadOnlySpan<string> regular) =>
        ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular));
}
