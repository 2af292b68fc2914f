using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Passes;

/// <summary>Activations and residuals that become a part of the layer before them.</summary>
public class FuseEpilogueTests
{
    private static readonly Shape s_image = new(1, 6, 9, 11);

    public static TheoryData<string, bool> Functions { get; } = new(
        from function in new[]
        {
            "Relu", "Relu6", "Clip", "LeakyRelu", "HardSwish", "HardSigmoid", "Silu", "Sigmoid", "Gelu", "GeluTanh", "Tanh", "Mish", "Exp",
        }
        select (function, function != "Exp"));

    [Theory]
    [MemberData(nameof(Functions))]
    public void Activations_are_fused_into_whatever_takes_them(string function, bool isActivation)
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image), matrix = x.Builder.Input("matrix", new Shape(2, 5));
        Graph graph = x.Builder.Build(
            Convolve(x, "dense", 3, 1).Apply(new Unary(function)),
            Convolve(x, "pointwise", 1, 1).Apply(new Unary(function)),
            Convolve(x, "depthwise", 3, 6).Apply(new Unary(function)),
            matrix.FullyConnected(Weights(3, new Shape(4, 5)), null).Apply(new Unary(function)),
            x.Add(x.GlobalAveragePool()).Apply(new Unary(function)));
        Graph fused = PassPipeline.Inference.Run(graph);
        Assert.Equal(isActivation ? 0 : 5, fused.Nodes.Count(node => node.Layer is Unary));
        Assert.Equal(graph.Infer().TotalMultiplyAdds, fused.Infer().TotalMultiplyAdds);
    }

    [Fact]
    public void Activations_that_are_not_one_stay_apart()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph fused = PassPipeline.Inference.Run(x.Builder.Build(Convolve(x, "conv", 1, 1).Relu().LeakyRelu().HardSwish()));
        Assert.Equal(["Convolution", "LeakyRelu", "HardSwish"], fused.Nodes.Select(node => node.Layer.Kind));
    }

    [Fact]
    public void A_residual_and_the_activation_after_it_become_one_layer_with_the_convolution()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph graph = x.Builder.Build(x.Add(Convolve(x, "conv", 3, 1)).LeakyRelu(0.1));
        Node node = Assert.Single(PassPipeline.Inference.Run(graph).Nodes);
        var layer = Assert.IsType<Convolution>(node.Layer);
        Assert.True(layer.HasResidual);
        Assert.Equal(
            ["kernel", "padding", "groups", "activation", "alpha", "residual"], layer.Attributes.Select(attribute => attribute.Name));
        Assert.Equal(new Unary("LeakyRelu", ("alpha", 0.1)).AsActivation, layer.Epilogue);
        Assert.Equal([graph.Inputs[0].Value, graph.Inputs[0].Value], node.Inputs);
    }

    [Fact]
    public void Of_two_convolutions_the_later_one_takes_the_others_result()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image), first = Convolve(x, "first", 1, 1);
        Graph fused = PassPipeline.Inference.Run(x.Builder.Build(first.Add(Convolve(x, "second", 3, 1)).Relu()));
        Assert.Equal(["first", "second"], fused.Nodes.Select(node => node.Name));
        Assert.Equal([false, true], fused.Nodes.Select(node => ((Convolution)node.Layer).HasResidual));
    }

    [Fact]
    public void Residuals_that_are_not_plain_sums_stay_apart()
    {
        Assert.Equal(1, Additions(x => [Convolve(x, "conv", 3, 1).Relu().Add(x)]));
        Assert.Equal(1, Additions(x => [Convolve(x, "conv", 3, 1).Add(x.GlobalAveragePool())]));
        Assert.Equal(1, Additions(x => Twice(Convolve(x, "conv", 3, 1))));
        Assert.Equal(1, Additions(x => Shown(x, Convolve(x, "conv", 3, 1))));
        Assert.Equal(1, Additions(x => [Convolve(x, "conv", 3, 1).Add(x).Add(x.Tanh())]));

        static int Additions(Func<ValueHandle, ValueHandle[]> build)
        {
            ValueHandle x = new GraphBuilder().Input("x", s_image);
            return PassPipeline.Inference.Run(x.Builder.Build(build(x))).Nodes.Count(node => node.Layer is Binary { IsAddition: true });
        }

        static ValueHandle[] Twice(ValueHandle y) => [y.Add(y)];
        static ValueHandle[] Shown(ValueHandle x, ValueHandle y) => [y, y.Add(x)];
    }

    [Fact]
    public void What_pools_or_normalises_a_sum_with_a_residual_stays_apart()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image), sum = Convolve(x, "conv", 3, 1).Add(x);
        Tensor vector = Weights(5, new Shape(6), 1, 2);
        Graph pooled = PassPipeline.Inference.Run(x.Builder.Build(sum.MaxPool(Window.Square(3, stride: 2, padding: 1))));
        Assert.Equal(["Convolution", "MaxPool"], pooled.Nodes.Select(node => node.Layer.Kind));
        Graph once = PassPipeline.Inference.Run(x.Builder.Build(sum.BatchNorm(vector, vector, vector, vector)));
        Assert.Equal(["Convolution", "BatchNorm"], PassPipeline.Inference.Run(once).Nodes.Select(node => node.Layer.Kind));
        Convolution residual = new Convolution(Weights(1, new Shape(6, 6, 3, 3)), null, Window.Square(3)).WithResidual(Activation.None);
        Assert.Throws<GraphException>(() => new ConvolutionMaxPool(residual, Window.Square(3, stride: 2)));
    }

    [Fact]
    public void A_fused_network_has_the_bits_of_one_that_is_not_on_every_instruction_set()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        ValueHandle stem = Convolve(x, "stem", 3, 1).HardSwish().MaxPool(Window.Square(3, stride: 2, padding: 1));
        ValueHandle block = Convolve(stem, "depthwise", 3, 6).LeakyRelu(0.2);
        block = Convolve(block, "pointwise", 1, 1).Add(stem).Apply(new Unary("HardSigmoid"));
        block = stem.Add(Convolve(block, "dense", 3, 1)).Relu6();
        block = Convolve(block, "wide", 5, 6).Add(block).HardSwish();
        Graph graph = x.Builder.Build(("y", block)), fused = PassPipeline.Inference.Run(graph);
        Assert.Equal(["stem", "depthwise", "pointwise", "dense", "wide"], fused.Nodes.Select(node => node.Name));
        foreach (Isa isa in Enum.GetValues<Isa>().Where(Isas.IsSupported))
        {
            foreach (int batch in new[] { 1, 3 })
            {
                Shape shape = s_image.With(0, batch);
                Tensor input = Weights(11, shape, -3, 3);
                Assert.True(Run(fused, isa, input).Bytes.SequenceEqual(Run(graph, isa, input).Bytes), $"{isa}, {batch} images.");
            }
        }

        static Tensor Run(Graph graph, Isa isa, Tensor input) => PlanRunner.Run(
            Planner.Build(graph, [input.Shape], isa, new PackedWeights()), graph, new Dictionary<string, Tensor> { ["x"] = input })["y"];
    }

    // At one size both operands have one shape, at another the residual is one element for each channel.
    [Fact]
    public void A_residual_that_broadcasts_at_another_size_is_right()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 6, 1, 1));
        Graph graph = x.Builder.Build(Convolve(x, "conv", 3, 1).Add(x.GlobalAveragePool()).HardSwish());
        Assert.DoesNotContain(PassPipeline.Inference.Run(graph).Nodes, node => node.Layer is Binary);
        foreach (Shape shape in new[] { new Shape(1, 6, 1, 1), new Shape(1, 6, 7, 5), new Shape(3, 6, 4, 4) })
        {
            Tensor input = Weights(3, shape, -3, 3);
            Tensor expected = Assert.Single(ReferenceExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = input })).Value;
            using var model = new Model(graph);
            using Session session = model.CreateSession(new SessionOptions { InputShape = shape });
            float[] output = new float[expected.Shape.ElementCount];
            session.Run(input.Floats, output);
            Assert.InRange(TestTensors.Difference(expected, Tensor.FromFloats(expected.Shape, output)), 0, 1e-4);
        }
    }

    private static ValueHandle Convolve(ValueHandle x, string name, int kernel, int groups) => x.Convolution(
        Weights(name.Length, new Shape(6, 6 / groups, kernel, kernel)),
        Weights(name.Length + 1, new Shape(6)),
        Window.Square(kernel, padding: kernel / 2),
        groups,
        name);

    private static Tensor Weights(int seed, Shape shape, float low = -0.5f, float high = 0.5f) =>
        TestTensors.Random(new Random(seed), shape, low, high);
}
