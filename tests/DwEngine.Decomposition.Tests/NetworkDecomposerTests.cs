using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Formats;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Decomposition.Tests;

[Properties(Arbitrary = [typeof(ConvolutionSamples)], MaxTest = 30)]
public class NetworkDecomposerTests
{
    private static readonly string[] TinyRegular =
    [
        "stage2.0.branch1.0", "stage2.0.branch2.3", "stage2.1.branch2.3", "stage3.0.branch1.0", "stage3.0.branch2.3", "stage3.1.branch2.3",
        "stage3.2.branch2.3", "stage4.0.branch1.0", "stage4.0.branch2.3",
    ];

    [Property]
    public void Full_rank_keeps_what_a_chain_computes(LinearChain chain, bool norm, bool pointwise, bool secondNorm, bool fused)
    {
        Graph graph = Build(chain, norm, pointwise, secondNorm, fused);
        NetworkDecomposition result = Decompose(graph, new DecompositionOptions { Rank = 100, Layers = _ => true });
        bool isDecomposable = chain.First is { IsDepthwise: false, Window.Taps: > 1 };
        Assert.Equal(isDecomposable ? 1 : 0, result.Layers.Length);
        TensorAssertion.Close(ReferenceExecutor.Run(graph, chain.Input()), ReferenceExecutor.Run(result.Graph, chain.Input()), 2e-5);
        if (isDecomposable)
        {
            LayerReport layer = result.Layers[0];
            Assert.True(layer.RelativeError < 1e-20);
            Assert.Equal(result.MultiplyAddsAfter, layer.MultiplyAddsAfter);
            Assert.Equal(result.ParametersAfter, layer.ParametersAfter);
            Assert.Equal(pointwise ? 1 : chain.Groups, layer.Groups);
            // With one input channel, a depthwise convolution is a regular one.
            Assert.Equal(chain.Inputs == 1 ? 1 : 0, DecompositionSite.Find(result.Graph).Length);
        }
    }

    [Fact]
    public void Expanded_network_becomes_the_plain_architecture()
    {
        Network expanded = Tiny(TinyRegular);
        Network plain = Tiny();
        NetworkDecomposition result = Decompose(expanded.Graph);
        StateDict tensors = ShuffleNetV2.ToStateDict(result.Graph);
        Assert.Equal(ShuffleNetV2.ToStateDict(plain.Graph).Names, tensors.Names);
        Assert.Equal(plain.Metadata.Architecture, new ShuffleNetV2().Build(tensors, plain.Metadata).Metadata.Architecture);
        Assert.Equal(plain.Graph.Infer().TotalMultiplyAdds, result.MultiplyAddsAfter);
        Assert.Equal(plain.Graph.ParameterCount, result.ParametersAfter);
        Assert.Equal(expanded.Graph.ParameterCount, result.ParametersBefore);
        Assert.Equal(["conv1.0", .. TinyRegular], result.Layers.Select(layer => layer.Name));
        Assert.Equal(LayerDecision.LeftAlone, result.Layers[0].Decision);
        Assert.All(result.Layers.Skip(1), layer => Assert.Equal(LayerDecision.Decomposed, layer.Decision));
        Assert.Equal(
            result.MultiplyAddsBefore - result.MultiplyAddsAfter,
            result.Layers.Sum(layer => layer.MultiplyAddsBefore - layer.MultiplyAddsAfter));
    }

    [Fact]
    public void Layers_without_a_form_in_a_weight_file_are_left_alone_in_a_network_but_not_in_a_graph()
    {
        Network network = Tiny(TinyRegular);
        var options = new DecompositionOptions { Layers = _ => true };
        Assert.Equal(["conv1.0"], DecompositionSite.Find(network.Graph).Where(site => !site.IsWritable).Select(site => site.Name));

        NetworkDecomposition written = NetworkDecomposer.Decompose(
            network, options, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((LayerDecision.LeftAlone, "no 1x1 follows"), (written.Layers[0].Decision, written.Layers[0].Reason));
        Assert.All(written.Layers.Skip(1), layer => Assert.Equal(LayerDecision.Decomposed, layer.Decision));
        Assert.Equal(Tiny().Metadata.Architecture, Architectures.ToCheckpoint(written.Graph, network.Metadata).Metadata.Architecture);

        NetworkDecomposition free = NetworkDecomposer.Decompose(
            network.Graph, options, cancellation: TestContext.Current.CancellationToken);
        Assert.All(free.Layers, layer => Assert.Equal(LayerDecision.Decomposed, layer.Decision));
        Assert.Throws<WeightMismatchException>(() => Architectures.ToCheckpoint(free.Graph, network.Metadata));
    }

    [Fact]
    public void Full_rank_keeps_the_logits_when_planned_and_when_written_back()
    {
        Network expanded = Tiny(TinyRegular);
        NetworkDecomposition result = Decompose(expanded.Graph, new DecompositionOptions { Rank = 9 });
        Network reloaded = new ShuffleNetV2().Build(ShuffleNetV2.ToStateDict(result.Graph), expanded.Metadata);
        Tensor input = LinearChain.Values(5, expanded.Graph.Inputs[0].DefaultShape);
        Tensor expected = ReferenceExecutor.Run(expanded.Graph, input);
        TensorAssertion.Close(expected, ReferenceExecutor.Run(result.Graph, input), 1e-5);
        float[] planned = new float[expected.Floats.Length];
        using Session session = new Model(reloaded.Graph).CreateSession();
        session.Run(input.Floats, planned);
        TensorAssertion.Close(expected, Tensor.FromFloats(expected.Shape, planned), 1e-5);
    }

    [Fact]
    public void Norm_that_carries_a_bias_changes_no_weight()
    {
        NetworkDecomposition result = Decompose(Tiny(TinyRegular).Graph);
        Assert.True(result.Graph.TryGetNode("stage2.1.branch2.3", out Node? depthwise));
        Assert.True(result.Graph.TryGetNode("stage2.1.branch2.4", out Node? norm));
        var weights = (Convolution)depthwise.Layer;
        var folded = (Convolution)DwEngine.Passes.FoldBatchNorm.Fold(weights, (BatchNorm)norm.Layer)!;
        Assert.True(weights.Weights.Floats.SequenceEqual(folded.Weights.Floats));
        Assert.All(folded.Bias is null ? [] : folded.Bias.Floats.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void What_others_read_is_no_part_of_a_site()
    {
        var chain = new LinearChain(2, 3, 4, 1, Window.Square(3, padding: 1), 1);
        var builder = new GraphBuilder();
        ValueHandle first = builder.Input("x", new Shape(1, 2, 5, 5)).Apply(chain.First, "first");
        ValueHandle last = first.Apply(chain.FirstNorm, "norm").Apply(chain.Pointwise, "last");
        DecompositionSite whole = Assert.Single(DecompositionSite.Find(builder.Build(last)));
        Assert.Equal(["first", "norm", "last"], whole.Nodes.Select(node => node.Name));
        Assert.True(whole.ReadsNetworkInput);
        Graph shared = builder.Build(first, last);
        DecompositionSite cut = Assert.Single(DecompositionSite.Find(shared));
        Assert.Equal(["first"], cut.Nodes.Select(node => node.Name));
        NetworkDecomposition result = Decompose(shared, new DecompositionOptions { Rank = 9, Layers = _ => true });
        Assert.Equal(["first.spatial", "first.pointwise", "norm", "last"], result.Graph.Nodes.Select(node => node.Name));
    }

    [Fact]
    public void Activation_of_a_site_is_what_everybody_sees_the_responses_through()
    {
        var chain = new LinearChain(2, 3, 4, 1, Window.Square(3, padding: 1), 1);
        Assert.Equal(Clamp.Relu, Find(y => [y.Relu()]));
        Assert.Equal(Clamp.Relu6, Find(y => [y.Relu6()]));
        Assert.Equal(Clamp.Relu, Find(y => [y.Relu("one"), y.Relu("two")]));
        Assert.Equal(Clamp.None, Find(y => [y.Relu(), y.Relu6()]));
        Assert.Equal(Clamp.None, Find(y => [y.Relu(), y.Apply(chain.SecondNorm, "norm").Relu("after")]));
        Assert.Equal(Clamp.None, Find(y => [y.Identity()]));
        Assert.Equal(Clamp.None, Find(y => [y]));
        // The caller gets the responses themselves.
        Assert.Equal(Clamp.None, Find(y => [y.Relu(), y]));
        Assert.Equal(Clamp.None, Find(y => [y, y.Relu("one"), y.Relu("two")]));
        Assert.Equal(Clamp.Relu6, Find(y => [y], Clamp.Relu6));

        Clamp Find(Func<ValueHandle, ValueHandle[]> read, Clamp? epilogue = null)
        {
            ValueHandle y = new GraphBuilder().Input("x", new Shape(1, 2, 5, 5)).Apply(chain.First, "first")
                .Apply(chain.FirstNorm, "first norm").Apply(chain.Pointwise.WithEpilogue(epilogue ?? Clamp.None), "last");
            return Assert.Single(DecompositionSite.Find(y.Builder.Build(read(y)))).Activation;
        }
    }

    [Theory]
    [InlineData("svd")]
    [InlineData("joint")]
    public void Errors_of_unequal_groups_are_those_of_the_whole_layer(string method)
    {
        // One group of small, random weights, and one of large weights that are nearly of rank 1.
        Shape shape = new(6, 2, 3, 3);
        float[] weights = LinearChain.Values(1, shape).Floats.ToArray();
        for (int i = weights.Length / 2; i < weights.Length; i++)
        {
            weights[i] = 5 + (0.5f * weights[i]);
        }

        var convolution = new Convolution(
            Tensor.FromFloats(shape, weights), LinearChain.Values(2, new Shape(6)), Window.Square(3, padding: 1), 2);
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 4, 8, 8)).Apply(convolution, "first");
        Graph graph = x.Builder.Build(x);
        var images = new RandomImages(3);
        NetworkDecomposition result = Decompose(graph, new DecompositionOptions { Method = method, Images = images, Layers = _ => true });
        LayerReport layer = Assert.Single(result.Layers);
        Assert.Equal(["first.spatial", "first.pointwise"], result.Graph.Nodes.Select(node => node.Name));

        Matrix whole = Composite(graph.Nodes[0]);
        Matrix difference = whole.Subtract(Composite(result.Graph.Nodes[1]).Multiply(Composite(result.Graph.Nodes[0])));
        double error = Square(difference.Values) / Square(whole.Values);
        Assert.Equal(error, layer.RelativeError, 1e-4 * error);
        if (method == "svd")
        {
            Assert.Equal(1 - error, layer.RetainedEnergy, 1e-5);
        }

        double left = 0, energy = 0;
        for (int image = 0; image < images.Count; image++)
        {
            float[] pixels = new float[4 * 8 * 8];
            images.Read(image, pixels);
            Tensor input = Tensor.FromFloats(new Shape(1, 4, 8, 8), pixels);
            double[] expected = Responses(graph, input);
            left += Square(expected.Zip(Responses(result.Graph, input), (y, found) => y - found).ToArray());
            energy += Square(expected);
        }

        Assert.Equal(left / energy, layer.ResponseError!.Value, 1e-3 * left / energy);

        static Matrix Composite(Node node)
        {
            var layer = (Convolution)node.Layer;
            return CompositeFolding.FromConvolution(layer.Weights, null, layer.Groups).Weights;
        }

        static double[] Responses(Graph graph, Tensor input) =>
            Array.ConvertAll(ReferenceExecutor.Run(graph, input).Floats.ToArray(), value => (double)value);

        static double Square(ReadOnlySpan<double> values) => VectorOperations.Dot(values, values);
    }

    [Fact]
    public void Layers_that_are_not_chosen_stay()
    {
        Network expanded = Tiny(TinyRegular);
        NetworkDecomposition result = Decompose(
            expanded.Graph, new DecompositionOptions { Layers = name => name.StartsWith("stage4", StringComparison.Ordinal) });
        Assert.Equal(2, result.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed));
        LayerReport left = result.Layers[1];
        Assert.Equal((LayerDecision.LeftAlone, 0, 1), (left.Decision, left.RelativeError, left.RetainedEnergy));
        Assert.Equal(left.MultiplyAddsBefore, left.MultiplyAddsAfter);
        Assert.True(expanded.Graph.TryGetNode(left.Name, out Node? before));
        Assert.True(result.Graph.TryGetNode(left.Name, out Node? after));
        Assert.Same(before, after);
    }

    [Fact]
    public void Wishes_that_cannot_be_met_are_refused()
    {
        Graph graph = Tiny(TinyRegular).Graph;
        Assert.Throws<DecompositionException>(() => Decompose(graph, new DecompositionOptions { Rank = 0 }));
        Assert.Throws<DecompositionException>(() => Decompose(graph, new DecompositionOptions { Method = "magic" }));
        using var ended = new CancellationTokenSource();
        ended.Cancel();
        Assert.Throws<OperationCanceledException>(() => NetworkDecomposer.Decompose(graph, cancellation: ended.Token));
    }

    [SharedFact]
    public void Trained_network_costs_what_the_plain_one_does_and_full_rank_keeps_its_logits()
    {
        var metadata = new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 };
        Network expanded = ModelFile.LoadNetwork(SharedFolder.Require("models/cifar10_expanded_x0_5.pth"), metadata);
        Network plain = ModelFile.LoadNetwork(SharedFolder.Require("models/cifar10_dw_x0_5.pth"), metadata);
        NetworkDecomposition result = Decompose(expanded.Graph);
        Assert.Equal(plain.Graph.Infer().TotalMultiplyAdds, result.MultiplyAddsAfter);
        Assert.Equal(plain.Graph.ParameterCount, result.ParametersAfter);

        Graph exact = Decompose(expanded.Graph, new DecompositionOptions { Rank = 9 }).Graph;
        Tensor input = LinearChain.Values(1, new Shape(1, 3, 32, 32));
        float[] expected = new float[10], found = new float[10];
        using Session original = new Model(expanded.Graph).CreateSession();
        using Session decomposed = new Model(exact).CreateSession();
        original.Run(input.Floats, expected);
        decomposed.Run(input.Floats, found);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    private static NetworkDecomposition Decompose(Graph graph, DecompositionOptions? options = null) =>
        NetworkDecomposer.Decompose(graph, options, cancellation: TestContext.Current.CancellationToken);

    private static Network Tiny(params ReadOnlySpan<string> regular)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular);
        return new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture),
            new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 });
    }

    private static Graph Build(LinearChain chain, bool norm, bool pointwise, bool secondNorm, bool fused)
    {
        var builder = new GraphBuilder();
        bool isFirstLast = fused && !norm && !pointwise;
        ValueHandle x = builder.Input("x", chain.Input().Shape)
            .Apply(isFirstLast ? chain.First.WithEpilogue(Clamp.Relu) : chain.First, "first");
        x = norm ? x.Apply(chain.FirstNorm, "norm") : x;
        if (pointwise)
        {
            x = x.Apply(fused && !secondNorm ? chain.Pointwise.WithEpilogue(Clamp.Relu6) : chain.Pointwise, "pointwise");
            x = secondNorm ? x.Apply(chain.SecondNorm, "second norm") : x;
        }

        return builder.Build(x.Relu("relu"));
    }
}
