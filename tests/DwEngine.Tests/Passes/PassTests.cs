using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Tensors;
using DwEngine.Tests.Graphs;
using FsCheck;
using FsCheck.Xunit;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Passes;

public class PassTests
{
    private static readonly Shape s_image = new(1, 2, 4, 4);
    private static readonly Tensor s_weights = Counting(new Shape(2, 2, 3, 3));
    private static readonly Tensor s_vector = Of(new Shape(2), 0.5f, 2);

    [Property(MaxTest = 60)]
    public void The_pipeline_keeps_what_a_graph_computes(DoNotSize<int> seed)
    {
        (Graph graph, Dictionary<string, Tensor> inputs) = RandomGraphs.Make(seed.Item);
        Graph optimised = PassPipeline.Inference.Run(graph);
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(graph, inputs),
        actual = ReferenceExecutor.Run(optimised, inputs);
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (string name in expected.Keys)
        {
            Assert.Equal(expected[name].Shape, actual[name].Shape);
            Assert.InRange(Difference(expected[name], actual[name]), 0, 1e-4);
        }
    }

    [Property(MaxTest = 60)]
    public void The_pipeline_leaves_nothing_for_itself_to_do(DoNotSize<int> seed)
    {
        Graph once = PassPipeline.Inference.Run(RandomGraphs.Make(seed.Item).Graph);
        Graph twice = PassPipeline.Inference.Run(once);
        Assert.Equal(once.Nodes.Select(node => node.ToString()), twice.Nodes.Select(node => node.ToString()));
    }

    [Property(MaxTest = 60)]
    public void Inferred_shapes_are_those_of_the_computed_values(DoNotSize<int> seed)
    {
        (Graph graph, Dictionary<string, Tensor> inputs) = RandomGraphs.Make(seed.Item);
        GraphFacts shapes = graph.Infer();
        foreach ((Value value, Tensor tensor) in ReferenceExecutor.RunAll(graph, inputs))
        {
            Assert.Equal((shapes[value].Type, shapes[value].Shape), (tensor.Type, tensor.Shape));
        }
    }

    [Fact]
    public void Convolution_norm_and_activation_become_one_layer()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph graph = x.Builder.Build(Norm(Convolve(x)).Identity().Relu6());
        Node node = Assert.Single(PassPipeline.Inference.Run(graph).Nodes);
        Assert.Equal("conv", node.Name);
        Assert.Equal(Clamp.Relu6, Assert.IsType<Convolution>(node.Layer).Epilogue.AsClamp);
    }

    [Fact]
    public void A_norm_whose_convolution_others_read_is_not_folded()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image), y = Convolve(x);
        Graph readTwice = x.Builder.Build(Norm(y).Add(y));
        Assert.Equal(3, new FoldBatchNorm().Run(readTwice).Nodes.Length);
        Graph handedOut = x.Builder.Build(y, Norm(y));
        Assert.Contains(new FoldBatchNorm().Run(handedOut).Nodes, node => node.Layer is BatchNorm);
    }

    [Fact]
    public void A_norm_behind_an_activation_is_not_folded()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph fused = PassPipeline.Inference.Run(x.Builder.Build(Norm(Convolve(x).Relu())));
        Assert.Equal(["Convolution", "BatchNorm"], fused.Nodes.Select(node => node.Layer.Kind));
    }

    [Fact]
    public void An_activation_whose_input_others_read_is_not_fused()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image), y = Convolve(x);
        Assert.Equal(2, new FuseActivation().Run(x.Builder.Build(y, y.Relu())).Nodes.Length);
    }

    [Fact]
    public void A_convolution_pools_its_own_results_where_nobody_else_reads_them()
    {
        Window pool = Window.Square(3, stride: 2, padding: 1);
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph graph = x.Builder.Build(Norm(Convolve(x)).Relu().MaxPool(pool, "pool"));
        Graph fused = PassPipeline.Inference.Run(graph);
        Node node = Assert.Single(fused.Nodes);
        Assert.Equal("conv", node.Name);
        Assert.Equal(Clamp.Relu, Assert.IsType<ConvolutionMaxPool>(node.Layer).Convolution.Epilogue.AsClamp);
        Assert.Equal(graph.Infer().TotalMultiplyAdds, fused.Infer().TotalMultiplyAdds);

        x = new GraphBuilder().Input("x", s_image);
        ValueHandle y = Convolve(x);
        Assert.Equal(2, new FuseMaxPool().Run(x.Builder.Build(y, y.MaxPool(pool))).Nodes.Length);
        foreach (Window other in (Window[])[Window.Square(2, 2), Window.Square(3, 2, 2), pool with { Padding = PaddingMode.Ceiling }])
        {
            x = new GraphBuilder().Input("x", s_image);
            Assert.Equal(2, new FuseMaxPool().Run(x.Builder.Build(Convolve(x).MaxPool(other))).Nodes.Length);
            Assert.Throws<GraphException>(() => new ConvolutionMaxPool(new Convolution(s_weights, null, Window.Square(3, 1, 1)), other));
        }
    }

    [Fact]
    public void Pooling_within_a_convolution_has_the_bits_of_pooling_after_it_whatever_the_padding()
    {
        Window[] windows =
        [
            Window.Square(3, stride: 2), new Window(3, 3, 2, 2, 1, 0, 0, 1), Window.Square(3, 2) with { Padding = PaddingMode.Ceiling },
            Window.Square(3, 2) with { Padding = PaddingMode.SameUpper }, Window.Square(3, 2) with { Padding = PaddingMode.SameLower },
        ];
        foreach (Window window in windows)
        {
            for (int height = 3; height <= 37; height++)
            {
                ValueHandle y = new GraphBuilder().Input("x", new Shape(1, 2, height, 40 - height)), pooled =
                    y.Convolution(PlanComparison.Weights(1, new Shape(3, 2, 3, 3)), null, Window.Square(3, padding: 1)).MaxPool(window);
                Graph apart = y.Builder.Build(("y", pooled)), together = new FuseMaxPool().Run(apart);
                Assert.IsType<ConvolutionMaxPool>(Assert.Single(together.Nodes).Layer);
                PlanComparison.Compare(apart, together, sameBits: true, [apart.Inputs[0].DefaultShape]);
            }
        }
    }

    [Theory]
    [InlineData(-1f, 1f)]
    [InlineData(-5f, -2f)]
    [InlineData(3f, 9f)]
    [InlineData(8f, 9f)]
    public void Composed_clamps_equal_one_after_the_other(float low, float high)
    {
        var first = new Clamp(low, high);
        foreach (Clamp second in (ReadOnlySpan<Clamp>)[Clamp.None, Clamp.Relu, Clamp.Relu6])
        {
            Clamp both = first.Then(second);
            for (float x = -10; x <= 10; x += 0.5f)
            {
                Assert.Equal(Apply(second, Apply(first, x)), Apply(both, x));
            }
        }

        static float Apply(Clamp clamp, float x) => MathF.Min(MathF.Max(x, clamp.Low), clamp.High);
    }

    [Fact]
    public void Dead_layers_go_and_inputs_stay()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", s_image), unread = builder.Input("unread", s_image);
        Convolve(unread).Relu();
        Graph graph = new RemoveDeadLayers().Run(builder.Build(x.Relu()));
        Assert.Equal("Relu", Assert.Single(graph.Nodes).Layer.Kind);
        Assert.Equal(["x", "unread"], graph.Inputs.Select(input => input.Name));
    }

    [Fact]
    public void An_identity_between_input_and_output_goes_and_the_outputs_name_stays()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph graph = PassPipeline.Inference.Run(x.Builder.Build(("y", x.Identity().Identity())));
        Assert.Empty(graph.Nodes);
        Assert.Equal("y", Assert.Single(graph.Outputs).Name);
        Assert.Equal(graph.Inputs[0].Value, graph.Outputs[0].Value);
    }

    [Fact]
    public void A_pass_that_breaks_the_graph_is_named()
    {
        ValueHandle x = new GraphBuilder().Input("x", s_image);
        Graph graph = x.Builder.Build(("y", Convolve(x)));
        Assert.Contains("'saboteur'", Fails(g => new Graph(g.Nodes, g.Inputs, [new GraphOutput("z", g.Outputs[0].Value)])));
        Assert.Contains("'saboteur'", Fails(g => new Graph(g.Nodes, g.Inputs, [new GraphOutput("y", g.Inputs[0].Value)])));
        Assert.Contains("'saboteur'", Fails(g => new Graph([], g.Inputs, g.Outputs)));

        string Fails(Func<Graph, Graph> rewrite) =>
            Assert.Throws<GraphException>(() => new PassPipeline(new RemoveIdentity(), new Saboteur(rewrite)).Run(graph)).Message;
    }

    private static ValueHandle Convolve(ValueHandle x) =>
        x.Convolution(s_weights, s_vector, Window.Square(3, stride: 2, padding: 1), name: "conv");

    private static ValueHandle Norm(ValueHandle x) => x.BatchNorm(s_vector, s_vector, s_vector, s_vector);

    private sealed class Saboteur(Func<Graph, Graph> rewrite) : IGraphPass
    {
        public string Name => "saboteur";

        public Graph Run(Graph graph) => rewrite(graph);
    }
}
