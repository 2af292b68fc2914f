using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

public class ShapeInferenceTests
{
    private static readonly Tensor s_weights = Counting(new Shape(4, 3, 3, 3));

    [Fact]
    public void Shapes_follow_the_given_inputs_not_the_default()
    {
        Graph graph = SmallNetwork();
        GraphFacts shapes = graph.Infer(new Shape(5, 3, 17, 9));
        Assert.Equal(new Shape(5, 4, 9, 5), shapes[graph.Nodes[0].Outputs[0]]);
        Assert.Equal(new Shape(5, 4, 1, 1), shapes[graph.Outputs[0].Value]);
    }

    [Fact]
    public void Cost_and_parameters_are_counted_by_node_and_in_total()
    {
        Graph graph = SmallNetwork();
        GraphFacts shapes = graph.Infer(new Shape(2, 3, 8, 8));
        Assert.Equal(2 * 4 * 4 * 4 * 27, shapes.MultiplyAdds(graph.Nodes[0]));
        Assert.Equal(shapes.MultiplyAdds(graph.Nodes[0]), shapes.TotalMultiplyAdds);
        // 108 weights, and 4 scales and shifts; the statistics are not trained.
        Assert.Equal(108, graph.Nodes[0].Layer.ParameterCount);
        Assert.Equal(8, graph.Nodes[1].Layer.ParameterCount);
        Assert.Equal(116, graph.ParameterCount);
    }

    [Fact]
    public void Shared_weights_count_once()
    {
        var builder = new GraphBuilder();
        Tensor square = Counting(new Shape(3, 3));
        ValueHandle x = builder.Input("x", new Shape(1, 3)).FullyConnected(square, null).FullyConnected(square, null);
        Assert.Equal(9, builder.Build(x).ParameterCount);
    }

    [Fact]
    public void An_error_names_the_node_and_what_was_found_and_expected()
    {
        Graph graph = SmallNetwork();
        string message = Assert.Throws<ShapeException>(() => graph.Infer(new Shape(1, 7, 8, 8))).Message;
        Assert.Contains("'conv'", message);
        Assert.Contains("expected 3 channels, found 7", message);
    }

    [Fact]
    public void The_number_of_shapes_must_be_that_of_the_inputs() =>
        Assert.Throws<ShapeException>(() => SmallNetwork().Infer(new Shape(1, 3, 8, 8), new Shape(1)));

    public static TheoryData<Layer, string> Misfits => new()
    {
        { new Convolution(s_weights, null, Window.Square(3)), "1x3x2x8" },
        { new Convolution(s_weights, null, Window.Square(3)), "3x8x8" },
        { new Convolution(s_weights, null, Window.Square(3)), "0x3x8x8" },
        { new Convolution(s_weights, null, new Window(3, 3, PadTop: int.MaxValue, PadBottom: int.MaxValue)), "1x3x8x8" },
        { new MaxPool(Window.Square(2, padding: 2)), "1x1x8x8" },
        { new MaxPool(Window.Square(3)), "1x1x2x2" },
        { new AveragePool(Window.Square(2, padding: 1, dilation: 2), countIncludePad: false), "1x1x1x1" },
        { new GlobalAveragePool(), "4x3" },
        { new FullyConnected(Counting(new Shape(2, 3)), null), "1x3x1x1" },
        { new FullyConnected(Counting(new Shape(2, 3)), null), "1x4" },
        { new Split(1, 2), "1x4x1x1" },
        { new Split(1, 2), "3" },
        { new ChannelShuffle(2), "1x3x1x1" },
        { new Softmax(), "" },
        { new Flatten(), "" },
    };

    [Theory]
    [MemberData(nameof(Misfits), DisableDiscoveryEnumeration = true)]
    public void An_input_that_does_not_fit_is_a_shape_exception(Layer layer, string dimensions)
    {
        var input = new Shape(dimensions.Split('x', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray());
        Assert.Throws<ShapeException>(() => layer.Infer([input]));
    }

    [Fact]
    public void Inputs_of_concat_must_agree()
    {
        Assert.Throws<ShapeException>(() => new Concat().Infer([new Shape(1, 2, 3, 3), new Shape(1, 2, 3, 4)]));
        Assert.Throws<ShapeException>(() => new Concat().Infer([new Shape(1, 2, 3, 3), new Shape(1, 2)]));
        Assert.Throws<ShapeException>(() => new Concat().Infer([new Shape(1, int.MaxValue), new Shape(1, 1)]));
    }

    [Theory]
    [InlineData(3, 1, 1, 1, 3)]
    [InlineData(2, 2, 1, 1, 2)]
    [InlineData(4, 3, 2, 2, 5)]
    [InlineData(5, 1, 3, 2, 3)]
    [InlineData(2, 1, 1, 3, 2)]
    public void A_pool_is_refused_exactly_where_a_window_sees_no_pixel(int kernel, int stride, int padding, int dilation, int length)
    {
        Window window = Window.Square(kernel, stride, padding, dilation);
        int outputs = window.OutputHeight(length);
        bool everyWindowSeesOne = outputs > 0 && Enumerable.Range(0, outputs).All(o =>
            Enumerable.Range(0, kernel).Any(k => (o * stride) - padding + (k * dilation) is int y && y >= 0 && y < length));
        Exception? problem = Record.Exception(() => new MaxPool(window).InferShapes([new Shape(1, 1, length, length)]));
        Assert.Equal(everyWindowSeesOne, problem is null);
        Assert.True(problem is null or ShapeException);
    }

    [Fact]
    public void Layers_refuse_contradicting_attributes()
    {
        Assert.Throws<ShapeException>(() => new Convolution(s_weights, null, Window.Square(1)));
        Assert.Throws<ShapeException>(() => new Convolution(s_weights, Counting(new Shape(3)), Window.Square(3)));
        Assert.Throws<ShapeException>(() => new Convolution(Counting(new Shape(4, 3)), null, Window.Square(3)));
        Assert.Throws<ShapeException>(() => new Convolution(s_weights, null, Window.Square(3, stride: 0)));
        Assert.Throws<GraphException>(() => new Convolution(s_weights, null, Window.Square(3), groups: 3));
        Assert.Throws<GraphException>(() => new Convolution(s_weights, null, Window.Square(3), groups: 0));
        Assert.Throws<GraphException>(() => new Convolution(
            Tensor.FromBytes(ElementType.Float16, new Shape(1, 1, 1, 1), new byte[2]), null, Window.Square(1)));
        Tensor one = Of(new Shape(1), 1);
        Assert.Throws<GraphException>(() => new BatchNorm(one, one, one, Of(new Shape(1), -1)));
        Assert.Throws<GraphException>(() => new BatchNorm(one, one, one, Of(new Shape(1), float.NaN)));
        Assert.Throws<ShapeException>(() => new BatchNorm(one, one, one, Counting(new Shape(2))));
        Assert.Throws<ShapeException>(() => new MaxPool(new Window(int.MaxValue, 3)));
        Assert.Throws<GraphException>(() => new Split(2, 0));
        Assert.Throws<GraphException>(() => new ChannelShuffle(0));
    }

    private static Graph SmallNetwork()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("image", new Shape(1, 3, 8, 8));
        return builder.Build(x
            .Convolution(s_weights, null, Window.Square(3, stride: 2, padding: 1), name: "conv")
            .BatchNorm(Ones(), Ones(), Ones(), Ones())
            .Relu()
            .GlobalAveragePool());

        static Tensor Ones() => Of(new Shape(4), 1, 1, 1, 1);
    }
}
