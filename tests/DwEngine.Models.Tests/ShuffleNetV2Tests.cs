using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Passes;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Models.Tests;

public class ShuffleNetV2Tests
{
    private static readonly ModelMetadata s_small = new() { Settings = ShuffleNetV2.SettingsFor(StemKind.ImageNet), InputSize = 32 };

    [Theory]
    [InlineData(StemKind.ImageNet, 1)]
    [InlineData(StemKind.Cifar, 4)]
    public void A_network_of_any_width_runs_with_either_stem_and_any_expanded_convolutions(StemKind stem, int lastSize)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(stem, "stage2.0.branch1.0", "stage3.1.branch2.3");
        Network network =
            Architectures.Build(new(ShuffleNetV2Weights.Random(architecture), s_small with { Settings = ShuffleNetV2.SettingsFor(stem) }));
        Assert.Equal("shufflenet_v2_modified", network.Metadata.Architecture);
        Assert.True(network.Graph.TryGetNode("stage2.0.branch1.0", out Node? regular));
        Assert.False(Assert.IsType<Convolution>(regular.Layer).IsDepthwise);
        Assert.True(network.Graph.TryGetNode("stage2.0.branch2.3", out Node? depthwise));
        Assert.True(Assert.IsType<Convolution>(depthwise.Layer).IsDepthwise);
        Assert.True(network.Graph.TryGetNode("conv5.2", out Node? last));
        Assert.Equal(new Shape(1, 20, lastSize, lastSize), network.Graph.Infer().OutputsOf(last)[0]);

        Tensor input = TestTensors.Random(new Random(2), new Shape(2, 3, 32, 40));
        Tensor logits = ReferenceExecutor.Run(network.Graph, input);
        Assert.Equal(new Shape(2, 5), logits.Shape);
        Graph optimised = PassPipeline.Inference.Run(network.Graph);
        Assert.DoesNotContain(optimised.Nodes, node => node.Layer is BatchNorm or Unary);
        Assert.InRange(TestTensors.Difference(logits, ReferenceExecutor.Run(optimised, input)), 0, 1e-4);
    }

    [Theory]
    [InlineData("shufflenet_v2_x0_5", 24, 48, 96, 192, 1024, 1366792, 40)]
    [InlineData("shufflenet_v2_x1_0", 24, 116, 232, 464, 1024, 2278604, 145)]
    [InlineData("shufflenet_v2_x1_5", 24, 176, 352, 704, 1024, 3503624, 296)]
    [InlineData("shufflenet_v2_x2_0", 24, 244, 488, 976, 2048, 7393996, 583)]
    public void Torchvisions_widths_have_the_parameters_and_cost_that_torchvision_states(
        string name, int stem, int stage2, int stage3, int stage4, int last, long parameters, int millionMultiplyAdds)
    {
        var architecture = new ShuffleNetV2Dimensions { Channels = [stem, stage2, stage3, stage4, last], Classes = 1000 };
        var zeros = new StateDict();
        foreach (TensorSpec spec in architecture.ExpectedTensors())
        {
            zeros.Add(spec.Name, Tensor.FromBytes(ElementType.Float32, spec.Shape, new byte[spec.Shape.ElementCount * 4]));
        }

        Network network = Architectures.Build(new(zeros, new ModelMetadata()));
        Assert.Equal(name, network.Metadata.Architecture);
        Assert.Equal(parameters, network.Graph.ParameterCount);
        Assert.Equal(millionMultiplyAdds, Math.Round(network.Graph.Infer().TotalMultiplyAdds / 1e6));
    }

    [Fact]
    public void A_backbone_has_its_feature_maps_as_outputs()
    {
        StateDict tensors = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet));
        Network last = Without("fc."), maps = Without("fc.", "conv5.");
        Assert.Equal("shufflenet_v2_backbone", last.Metadata.Architecture);
        Assert.Equal(["stage2", "stage3", "stage4", "conv5"], last.Graph.Outputs.Select(output => output.Name));
        GraphFacts facts = maps.Graph.Infer();
        Assert.Equal(
            [("stage2", new Shape(1, 8, 4, 4)), ("stage3", new Shape(1, 12, 2, 2)), ("stage4", new Shape(1, 16, 1, 1))],
            maps.Graph.Outputs.Select(output => (output.Name, facts[output.Value].Shape)));
        Assert.Equal(
            maps.Graph.Outputs.Length, Architectures.Build(Architectures.ToCheckpoint(maps.Graph, maps.Metadata)).Graph.Outputs.Length);

        Network Without(params string[] prefixes) => Architectures.Build(new(
            tensors.With((name, tensor) =>
                Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)) ? null : tensor),
            s_small));
    }

    [Fact]
    public void Half_precision_and_double_tensors_are_converted()
    {
        StateDict tensors = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet));
        StateDict mixed = tensors.With((name, tensor) => name switch
        {
            "conv1.0.weight" => Convert(tensor, ElementType.Float16, value => BitConverter.GetBytes((Half)value)),
            "fc.bias" => Convert(tensor, ElementType.Float64, value => BitConverter.GetBytes((double)value)),
            _ => tensor,
        });
        Graph graph = new ShuffleNetV2().Build(mixed, s_small).Graph;
        Assert.All(graph.Nodes.SelectMany(node => node.Layer.Parameters),
            parameter => Assert.Equal(ElementType.Float32, parameter.Tensor.Type));
        Assert.True(graph.TryGetNode("fc", out Node? fc));
        Assert.Equal(tensors["fc.bias"].Floats, ((FullyConnected)fc.Layer).Bias!.Floats);

        static Tensor Convert(Tensor tensor, ElementType type, Func<float, byte[]> convert) =>
            Tensor.FromBytes(type, tensor.Shape, [.. tensor.Floats.ToArray().SelectMany(convert)]);
    }

    [Fact]
    public void All_tensors_that_do_not_fit_are_listed_at_once()
    {
        StateDict tensors = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet)).With((name, tensor) => name switch
        {
            "stage2.0.branch1.1.bias" => null,
            "stage3.0.branch2.0.weight" => TestTensors.Counting(new Shape(6, 9, 1, 1)),
            "stage3.1.branch2.3.weight" => TestTensors.Counting(new Shape(6, 5, 3, 3)),
            "stage4.0.branch2.4.running_mean" => Tensor.FromBytes(ElementType.Int64, new Shape(8), new byte[64]),
            "conv5.1.weight" => TestTensors.Of(new Shape(20), [.. Enumerable.Repeat(1f, 19), float.NaN]),
            "conv5.1.running_var" => TestTensors.Of(new Shape(20), [-1, .. Enumerable.Repeat(1f, 19)]),
            "fc.bias" => TestTensors.Counting(new Shape(6)),
            _ => tensor,
        });
        tensors.Add("extra.weight", TestTensors.Counting(new Shape(7)));
        tensors.Add("fc.num_batches_tracked", TestTensors.Counting(new Shape(1)));
        string message = Assert.Throws<WeightMismatchException>(() => new ShuffleNetV2().Build(tensors, s_small)).Message;
        Assert.StartsWith("9 tensors do not fit", message);
        Assert.Contains("stage2.0.branch1.1.bias is missing (expected 4)", message);
        Assert.Contains("stage3.0.branch2.0.weight has the wrong shape (expected 6x8x1x1, found 6x9x1x1)", message);
        Assert.Contains("stage3.1.branch2.3.weight has the wrong shape (expected 6x1x3x3 or 6x6x3x3, found 6x5x3x3)", message);
        Assert.Contains("stage4.0.branch2.4.running_mean has the wrong type (expected floating point, found Int64)", message);
        Assert.Contains("conv5.1.weight is not finite (expected numbers that Float32 can hold, found NaN at element 19)", message);
        Assert.Contains("conv5.1.running_var is a negative variance (expected at least 0, found -1 at element 0)", message);
        Assert.Contains("fc.bias has the wrong shape (expected 5, found 6)", message);
        Assert.Contains("extra.weight is surplus (found 7)", message);
        Assert.Contains("fc.num_batches_tracked is surplus (found 1)", message);
    }

    [Fact]
    public void Tensors_that_tell_dimensions_may_be_missing_and_are_listed_like_others()
    {
        StateDict tensors = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet))
            .With((name, tensor) => name.StartsWith("stage3.", StringComparison.Ordinal) || name == "conv1.0.weight" ? null : tensor);
        var error = Assert.Throws<WeightMismatchException>(() => new ShuffleNetV2().Build(tensors, s_small));
        string message = string.Join('\n', error.Problems);
        Assert.Contains("conv1.0.weight is missing (expected ?x?x3x3)", message);
        Assert.Contains("stage3.0.branch2.5.weight is missing (expected ?x?x1x1)", message);
        Assert.DoesNotContain("stage2.", message);
        Assert.DoesNotContain("fc.", message);
    }

    [Fact]
    public void An_absurd_unit_number_is_surplus()
    {
        StateDict tensors = ShuffleNetV2Weights.Random(ShuffleNetV2Weights.Tiny(StemKind.ImageNet));
        tensors.Add("stage2.2147483647.branch2.0.weight", TestTensors.Counting(new Shape(1)));
        string message = Assert.Throws<WeightMismatchException>(() => new ShuffleNetV2().Build(tensors, s_small)).Message;
        Assert.StartsWith("1 tensor does not fit", message);
    }

    [Fact]
    public void Tensors_of_another_architecture_are_refused()
    {
        var resnet = new StateDict();
        resnet.Add("layer1.0.conv1.weight", TestTensors.Counting(new Shape(1)));
        Assert.Contains(
            "layer1.0.conv1.weight", Assert.Throws<WeightMismatchException>(() => Architectures.Build(new(resnet, new()))).Message);
        Assert.Throws<WeightMismatchException>(() => Architectures.Build(new(new StateDict(), new())));
    }

    [Fact]
    public void Dimensions_are_read_from_the_shapes()
    {
        ShuffleNetV2Dimensions expected = ShuffleNetV2Weights.Tiny(StemKind.Cifar, "stage4.0.branch2.3");
        ShuffleNetV2Dimensions found = ShuffleNetV2Dimensions.Detect(ShuffleNetV2Weights.Random(expected), StemKind.Cifar);
        Assert.Equal(expected.Channels, found.Channels);
        Assert.Equal(expected.StageRepeats, found.StageRepeats);
        Assert.Equal(expected.Classes, found.Classes);
        Assert.Equal(expected.InputChannels, found.InputChannels);
        Assert.Equal(expected.Modified, found.Modified);
        Assert.Equal(expected.ExpectedTensors(), found.ExpectedTensors());
    }

    [Fact]
    public void A_graph_gives_its_tensors_back_and_a_folded_one_is_refused()
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(StemKind.ImageNet, "stage3.0.branch2.3");
        StateDict tensors = ShuffleNetV2Weights.Random(architecture);
        Graph graph = architecture.BuildGraph(tensors, inputSize: 32);
        StateDict back = ShuffleNetV2.ToStateDict(graph);
        Assert.Equal(architecture.ExpectedTensors().Select(spec => spec.Name), back.Names);
        Assert.All(back, pair => Assert.Same(tensors[pair.Key], pair.Value));
        Assert.Throws<WeightMismatchException>(() => ShuffleNetV2.ToStateDict(PassPipeline.Inference.Run(graph)));
    }

    [Fact]
    public void A_depthwise_convolution_may_have_several_filters_for_each_channel()
    {
        ShuffleNetV2Dimensions plain = ShuffleNetV2Weights.Tiny(StemKind.ImageNet);
        var ranked = new ShuffleNetV2Dimensions
        {
            Channels = plain.Channels,
            StageRepeats = plain.StageRepeats,
            Classes = plain.Classes,
            Modified = plain.Modified.Add("stage2.1.branch2.3", new SpatialConvolution(false, 2)),
        };
        StateDict tensors = ShuffleNetV2Weights.Random(ranked);
        Assert.Equal(new Shape(8, 1, 3, 3), tensors["stage2.1.branch2.3.weight"].Shape);
        Network network = new ShuffleNetV2().Build(tensors, s_small);
        Assert.Equal(
            new Shape(1, 5), ReferenceExecutor.Run(network.Graph, TestTensors.Random(new Random(3), new Shape(1, 3, 32, 32))).Shape);
    }
}
