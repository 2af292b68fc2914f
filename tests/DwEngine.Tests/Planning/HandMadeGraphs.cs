using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Testing;

namespace DwEngine.Tests.Planning;

/// <summary>Small graphs, each of which holds something that a planner could get wrong.</summary>
internal static class HandMadeGraphs
{
    private static readonly Dictionary<string, Func<Random, GraphBuilder, int, ValueHandle[]>> s_makers = new()
    {
        ["input as output"] = (_, b, n) => [Image(b, n, 3, 5, 3)],
        ["one value as two outputs"] = (_, b, n) => Image(b, n, 3, 5, 3).Relu() is var x ? [x, x.Identity()] : [],
        ["split input as outputs"] = (_, b, n) => Image(b, n, 5, 3, 3).Split([1, 3, 1]),
        ["shuffled input as output"] = (_, b, n) => [Image(b, n, 6, 3, 3).ChannelShuffle(3)],
        ["joined twice"] = (_, b, n) => Image(b, n, 2, 3, 5) is var x ? [x.Concat(x, x.Relu())] : [],
        ["added to itself"] = (_, b, n) => Image(b, n, 3, 5, 5) is var x ? [x.Add(x).Relu()] : [],
        ["pointwise of input"] = (r, b, n) => [Pointwise(r, Image(b, n, 3, 7, 7), 5)],
        ["two pointwise of input"] = (r, b, n) =>
            Image(b, n, 4, 3, 5) is var x ? [Pointwise(r, x, 3).Add(Pointwise(r, x.Relu(), 3)), Pointwise(r, x, 2)] : [],
        ["pointwise of half of the input"] = (r, b, n) =>
            Image(b, n, 5, 3, 7).Split(2, 3) is var (x, y) ? [Pointwise(r, y, 4), Pointwise(r, y.Concat(x), 4)] : [],
        ["pointwise of single pixels"] = (r, b, n) =>
            Pointwise(r, Image(b, n, 3, 1, 1), 21) is var x ? [x, Pointwise(r, x.GlobalAveragePool(), 19)] : [],
        ["residual units"] = (r, b, n) => [Residual(r, Residual(r, Pointwise(r, Image(b, n, 3, 9, 7), 6)))],
        ["branches of a split"] = (r, b, n) => Pointwise(r, Image(b, n, 3, 5, 5), 8).Split(4, 4) is var (x, y)
            ? [x.Concat(Depthwise(r, Pointwise(r, y, 4), 1)).ChannelShuffle(2)] : [],
        ["downsampling branches"] = (r, b, n) => Pointwise(r, Image(b, n, 3, 9, 11), 4).Relu() is var x
            ? [Pointwise(r, Depthwise(r, x, 2), 5).Concat(Pointwise(r, Depthwise(r, Pointwise(r, x, 5), 2), 5)).ChannelShuffle(2)] : [],
        ["flatten of an image, then fully connected"] = (r, b, n) => [Dense(r, Pointwise(r, Image(b, n, 3, 5, 3), 4).Flatten(), 7)],
        ["flatten of an input, then fully connected"] = (r, b, n) => [Dense(r, Image(b, n, 3, 4, 4).Flatten(), 7)],
        ["flatten of a shuffled image"] = (r, b, n) => [Dense(r, Image(b, n, 4, 4, 4).ChannelShuffle(2).Flatten(), 3)],
        ["flatten of a vector"] = (_, b, n) => [b.Input("x", new Shape(n + 3)).Flatten()],
        ["flatten of a matrix"] = (_, b, n) => [b.Input("x", new Shape(n, 7)).Flatten()],
        ["flatten of a sequence"] = (_, b, n) => [b.Input("x", new Shape(n, 3, 7)).Relu().Flatten()],
        ["softmax of a matrix"] = (r, b, n) => [Dense(r, b.Input("x", new Shape(n, 9)), 11).Softmax()],
        ["softmax of an image"] = (_, b, n) => [Image(b, n, 3, 5, 7).Softmax()],
        ["softmax of a vector"] = (_, b, n) => [b.Input("x", new Shape(n + 6)).Softmax()],
        ["layers of a matrix"] = (r, b, n) => Dense(r, b.Input("x", new Shape(n, 5)), 6).Relu6() is var x
            ? [Norm(r, x.Add(Norm(r, x))).ChannelShuffle(3).Concat(x), x.Split(2, 4).Second] : [],
        ["half of a matrix, then fully connected"] = (r, b, n) => [Dense(r, b.Input("x", new Shape(n, 9)).Split(4, 5).Second, 6)],
        ["norm of a sequence"] = (r, b, n) => [Norm(r, b.Input("x", new Shape(n, 3, 7)))],
        ["norm of the input"] = (r, b, n) => [Norm(r, Image(b, n, 3, 5, 3)).Relu()],
        ["dilated and grouped"] = (r, b, n) =>
            [Convolve(r, Convolve(r, Image(b, n, 4, 13, 9), 6, new Window(3, 2, 2, 1, 2, 0, 1, 3, 2, 3), 2), 4, Window.Square(3, 1, 2, 2),
                2)],
        ["pools"] = (r, b, n) => Pointwise(r, Image(b, n, 3, 9, 8), 4) is var x
            ? [x.MaxPool(Window.Square(3, 2, 1)).AveragePool(Window.Square(2), countIncludePad: false),
                x.AveragePool(Window.Square(3, 2, 1))] : [],
        ["two inputs"] = (r, b, n) => [Pointwise(r, Image(b, n, 3, 5, 5), 4).Add(b.Input("y", new Shape(n, 4, 5, 5)))],
        ["gates of channels"] = (r, b, n) => Pointwise(r, Image(b, n, 3, 5, 7), 6) is var x
            ? [x.Multiply(Pointwise(r, x.GlobalAveragePool(), 6).HardSigmoid()).ChannelShuffle(3), x.GlobalAveragePool().Silu().Multiply(x)]
                : [],
        ["functions of lists of planes"] = (_, b, n) => Image(b, n, 6, 3, 7).ChannelShuffle(2) is var x
            ? [x.Exp().Add(x.Split(3, 3).Second.Concat(x.Split(3, 3).First)), x.Split(1, 5).First.Subtract(x)] : [],
        ["functions of a matrix"] = (r, b, n) => Dense(r, b.Input("x", new Shape(n, 9)), 6) is var x
            ? [x.Softplus().Divide(x.Sigmoid()), x.Split(1, 5).First.Maximum(x).Elu()] : [],
        ["answers"] = (_, b, n) => Image(b, n, 4, 5, 3) is var x
            ? [x.IsGreater(x.GlobalAveragePool()), x.IsLessOrEqual(x.Round()).Where(x.Negate(), x.Abs())] : [],
        ["dead branch"] = (r, b, n) => Image(b, n, 3, 5, 5) is var x && Pointwise(r, x, 9) is var _ ? [x.Relu()] : [],
    };

    /// <summary>The graphs' names.</summary>
    public static IEnumerable<string> Names => s_makers.Keys;

    /// <summary>A graph for that many images, and inputs for it.</summary>
    public static (Graph Graph, Dictionary<string, Tensor> Inputs) Make(string name, int batch)
    {
        var random = new Random(batch);
        var builder = new GraphBuilder();
        ValueHandle[] outputs = s_makers[name](random, builder, batch);
        Graph graph = builder.Build([.. outputs.Select((value, i) => ($"output {i}", value))]);
        return (graph, graph.Inputs.ToDictionary(input => input.Name, input => TestTensors.Random(random, input.DefaultShape, -4, 4)));
    }

    private static ValueHandle Image(GraphBuilder builder, int batch, int channels, int height, int width) =>
        builder.Input("x", new Shape(batch, channels, height, width));

    private static ValueHandle Convolve(Random random, ValueHandle x, int outputs, Window window, int groups) => x.Convolution(
        TestTensors.Random(random, new Shape(outputs, x.Shape[1] / groups, window.KernelHeight, window.KernelWidth)),
        TestTensors.Random(random, new Shape(outputs)), window, groups);

    private static ValueHandle Pointwise(Random random, ValueHandle x, int outputs) => Convolve(random, x, outputs, Window.Square(1), 1);

    private static ValueHandle Depthwise(Random random, ValueHandle x, int stride) =>
        Convolve(random, x, x.Shape[1], Window.Square(3, stride, 1), x.Shape[1]);

    private static ValueHandle Residual(Random random, ValueHandle x) =>
        Norm(random, Pointwise(random, Depthwise(random, x, 1).Relu(), x.Shape[1])).Add(x).Relu();

    private static ValueHandle Dense(Random random, ValueHandle x, int outputs) =>
        x.FullyConnected(TestTensors.Random(random, new Shape(outputs, x.Shape[1])), TestTensors.Random(random, new Shape(outputs)));

    private static ValueHandle Norm(Random random, ValueHandle x)
    {
        var shape = new Shape(x.Shape[1]);
        return x.BatchNorm(
            TestTensors.Random(random, shape, -2, 2), TestTensors.Random(random, shape), TestTensors.Random(random, shape),
            TestTensors.Random(random, shape, 0.3f, 2), epsilon: 0.1);
    }
}
