using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Tests.Passes.PlanComparison;

namespace DwEngine.Tests.Passes;

/// <summary>Layers that only move elements: padding, transpositions, identities, and what plans no copy at all.</summary>
public class LayoutPassTests
{
    [Fact]
    public void Padding_goes_into_the_convolution_that_follows()
    {
        var pass = new FoldPadding();
        Shape other = new(2, 6, 3, 2);
        Check(pass, x => Pad(x, 1, 1).Convolve(3, 1, 0), "rearrange general", "general", true, null, other);
        Check(pass, x => Pad(x, 0, 1).Convolve(3, 2, 1), "rearrange general", "general", true, null, other);
        Check(pass, x => Pad(x, 1, 1).Convolve(3, 6, 0), "rearrange depthwise-rows", "depthwise-3x3", false, null, other);
        Check(pass, x => Pad(x, 1, 2).Convolve(), "rearrange pointwise", "general", false, null, other);
        Stays(pass, x => Pad(x, 1, 1, 0.5).Convolve(3));
        Stays(pass, x => Pad(x, -1, 1).Convolve(3));
        Stays(pass, x => x.Pad([0, 0, 1, 1], [0, 0, 1, 1], PadMode.Edge).Convolve(3));
        Stays(pass, x => x.Pad([0, 1, 0, 0], [0, 0, 0, 0]).Convolution(Weights(1, new Shape(2, 7, 1, 1)), null, Window.Square(1)));
        Stays(
            pass, x => Pad(x, 1, 1).Convolution(Weights(1, new Shape(2, 6, 3, 3)), null,
            Window.Square(3) with { Padding = PaddingMode.SameUpper }));
    }

    [Fact]
    public void Padding_goes_into_the_pooling_that_follows_where_it_cannot_win()
    {
        var pass = new FoldPadding();
        Window window = Window.Square(3, 2), padded = Window.Square(3, 2, 1);
        double none = double.NegativeInfinity;
        Shape other = new(2, 6, 2, 1);
        Check(pass, x => Pad(x, 1, 1).AveragePool(window, false), "rearrange average-pool", "depthwise-3x3-s2", false, null, other);
        Check(pass, x => Pad(x, 1, 1).AveragePool(padded), "rearrange depthwise-3x3-s2", "average-pool", false, null, other);
        Check(pass, x => Pad(x, 1, 1, none).MaxPool(window), "rearrange max-pool-3x3-s2", "max-pool-3x3-s2", true);
        Check(pass, x => Pad(x.Relu(), 1, 1).MaxPool(window), "relu rearrange max-pool-3x3-s2", "relu max-pool-3x3-s2", true);
        Check(
            pass, x => Pad(x.Clip(-1, 1), 0, 1, -2).MaxPool(window),
            "clip rearrange max-pool-3x3-s2", "clip max-pool-3x3-s2", true, null, new Shape(2, 6, 3, 4));
        Stays(pass, x => Pad(x, 1, 1).AveragePool(padded, false));
        Stays(pass, x => Pad(x, 1, 1).MaxPool(window));
        Stays(pass, x => Pad(x.Relu(), 1, 1, 0.5).MaxPool(window));
        Stays(pass, x => Pad(x, 3, 1, none).MaxPool(Window.Square(3, 4)), new Shape(1, 6, 20, 20));
        Stays(pass, x => Pad(x, 1, 1, none).MaxPool(window with { Padding = PaddingMode.Ceiling }));
    }

    [Fact]
    public void Transpositions_cancel_each_other_also_through_elementwise_layers_and_rows()
    {
        var pass = new CombineTransposes();
        Shape other = new(2, 6, 5, 3);
        Check(
            new WholePipeline(), x => x.Transpose([0, 2, 3, 1]).Transpose([0, 3, 1, 2]).Abs(),
            "rearrange rearrange abs", "abs", true, null, other);
        Check(pass, x => x.Transpose([0, 3, 2, 1]).Transpose([0, 2, 3, 1]), "rearrange rearrange", "rearrange", true, null, other);
        Check(pass, x => x.Transpose([0, 2, 3, 1]).Tanh().Transpose([0, 3, 1, 2]), "rearrange tanh rearrange", "tanh", true, null, other);
        Check(
            pass, x => x.Transpose([0, 2, 3, 1]).Add(x.Numbers(1, 6)).Abs().Transpose([0, 3, 1, 2]),
            "rearrange add abs rearrange", "add abs", true, null, other);
        Check(
            pass, x => x.Numbers(1, 11, 1).Subtract(x.Transpose([0, 2, 3, 1])).Transpose([0, 3, 1, 2]),
            "rearrange sub rearrange", "sub", true);
        Stays(pass, x => x.Transpose([0, 2, 3, 1]).Tanh().Transpose([0, 2, 3, 1]));
        Stays(pass, x => x.Transpose([0, 2, 3, 1]).Reduce("Sum", [1]).Transpose([0, 3, 1, 2]));
        Stays(pass, x =>
        {
            ValueHandle y = x.Transpose([0, 2, 3, 1]).Tanh();
            return y.Transpose([0, 3, 1, 2]).Add(y.Reduce("Sum"));
        });
    }

    [Fact]
    public void A_softmax_between_transpositions_is_along_another_axis()
    {
        Func<ValueHandle, ValueHandle> write = x => x.Transpose([0, 3, 2, 1]).Softmax(3).Transpose([0, 3, 2, 1]);
        Graph graph = Build(write), changed = new CombineTransposes().Run(graph);
        Assert.Equal(1, Assert.IsType<Softmax>(Assert.Single(changed.Nodes).Layer).Axis);
        Compare(graph, changed, true, Image, new Shape(2, 6, 5, 3));
    }

    private static readonly Dictionary<string, Func<ValueHandle, ValueHandle[]>> s_shuffles = new()
    {
        ["reshape, transpose, reshape"] = x => [x.Reshape([0, 2, 3, 9, 11]).Transpose([0, 2, 1, 3, 4]).Reshape([0, 6, 9, 11])],
        ["reshape, transpose, gather pair"] = x =>
        {
            ValueHandle parts = x.Reshape([3, 2, 99]).Transpose([1, 0, 2]).Reshape([2, -1, 3, 9, 11]);
            return [parts.Gather(Index(x, 0)), parts.Gather(Index(x, 1))];
        },
        ["gather pair of channels"] = x => [x.Gather(Indices(x, 0, 2, 4), 1), x.Gather(Indices(x, 1, 3, 5), 1)],
        ["gather of all channels"] = x => [x.Gather(Indices(x, 0, 3, 1, 4, 2, 5), 1)],
        ["split pair"] = x => x.Split([3, 3]),
        ["slice pair"] = x => [x.Slice([0], [3], [1]), x.Slice([3], [int.MaxValue], [1])],
        ["slices of every other channel"] =
            x => [x.Slice([0], [int.MaxValue], [1], [2]), x.Slice([1], [int.MaxValue], [1], [2])],
    };

    public static TheoryData<string> Shuffles { get; } = new(s_shuffles.Keys);

    [Theory]
    [MemberData(nameof(Shuffles))]
    public void Channels_are_shuffled_and_dealt_without_a_copy(string form)
    {
        Func<ValueHandle, ValueHandle> write = x =>
        {
            ValueHandle[] parts = s_shuffles[form](x.Tanh());
            return parts.Length == 1 ? parts[0].Abs() : parts[0].Abs().Concat(parts[1]);
        };
        Graph graph = Build(write), changed = PassPipeline.Inference.Run(graph);
        Assert.Equal("tanh abs", KernelsOf(changed));
        Compare(graph, changed, true, Image);
    }

    [Fact]
    public void A_mean_of_planes_is_a_pooling_and_reshaping_before_a_matrix_is_no_copy()
    {
        Tensor weights = Weights(1, new Shape(4, 6)), large = Weights(1, new Shape(4, 594));
        Check(
            new WholePipeline(), x => x.Reduce("Mean", [2, 3]).Flatten().FullyConnected(weights, null).Relu(),
            "global-average-pool fully-connected relu", "global-average-pool fully-connected", true, null, new Shape(2, 6, 4, 3));
        Check(
            new WholePipeline(), x => x.Reduce("Mean", [-1, -2], false).MatMul(x.Numbers(1, 6, 4)).Add(x.Numbers(2, 4)),
            "global-average-pool fully-connected add", "global-average-pool fully-connected", false, null, new Shape(2, 6, 4, 3));
        Graph reshaped = PassPipeline.Inference.Run(Build(x => x.Reshape([0, -1]).FullyConnected(large, null)));
        Assert.Equal("fully-connected", KernelsOf(reshaped));
    }

    private static ValueHandle Index(ValueHandle x, int index) =>
        x.Builder.Constant(Tensor.FromBytes(ElementType.Int32, new Shape(), BitConverter.GetBytes(index)));

    private static ValueHandle Indices(ValueHandle x, params int[] indices) => x.Builder.Constant(
        Tensor.FromBytes(ElementType.Int32, new Shape(indices.Length), [.. indices.SelectMany(BitConverter.GetBytes)]));

    private static ValueHandle Pad(ValueHandle x, int before, int after, double value = 0) =>
        x.Pad([0, 0, before, before], [0, 0, after, after], PadMode.Constant, value);
}
