using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Graphs;

/// <summary>A graph's hash tells every difference that changes a result.</summary>
public class GraphIdentityTests
{
    private static readonly Tensor s_weights = TestTensors.Random(new Random(1), new Shape(4, 4, 3, 3));
    private static readonly Tensor s_vector = TestTensors.Random(new Random(2), new Shape(4), 0.5f, 1);

    /// <summary>Pairs of layers that differ in one property each.</summary>
    public static TheoryData<Layer, Layer> Pairs { get; } = new()
    {
        { Convolve(new Window(3, 3)), Convolve(new Window(3, 3, 2)) },
        { Convolve(new Window(3, 3)), Convolve(new Window(3, 3, PadRight: 1)) },
        { Convolve(new Window(3, 3)), Convolve(new Window(3, 3, DilationX: 2)) },
        { Convolve(new Window(3, 3)), Convolve(new Window(3, 3), Clamp.Relu) },
        { Convolve(new Window(3, 3), Clamp.Relu), Convolve(new Window(3, 3), Clamp.Relu6) },
        { Convolve(new Window(3, 3)), new Convolution(s_weights, s_vector, new Window(3, 3)) },
        { Convolve(new Window(3, 3)), Convolve(new Window(3, 3), Leaky(0.1)) },
        { Convolve(new Window(3, 3), Leaky(0.1)), Convolve(new Window(3, 3), Leaky(0.2)) },
        { Convolve(new Window(3, 3), Leaky(0.1)), Convolve(new Window(3, 3), new Unary("HardSwish").AsActivation) },
        { Pooled(Clamp.None, 1), Pooled(Clamp.Relu, 1) },
        { Pooled(Clamp.None, 1), Pooled(Clamp.None, 0) },
        { new MaxPool(Window.Square(2)), new MaxPool(Window.Square(2, 2)) },
        { new AveragePool(Window.Square(3, 1, 1), true), new AveragePool(Window.Square(3, 1, 1), false) },
        { new BatchNorm(s_vector, s_vector, s_vector, s_vector), new BatchNorm(s_vector, s_vector, s_vector, s_vector, 0.1) },
        { new ChannelShuffle(2), new ChannelShuffle(4) },
        { new Unary("Relu"), new Unary("Relu6") },
        { new Unary("LeakyRelu"), new Unary("LeakyRelu", ("alpha", 0.5)) },
        { new Unary("Clip", ("max", 1)), new Unary("Clip", ("min", 1)) },
        { new Softmax(), new Softmax(1) },
        { new Transpose(0, 1, 2, 3), new Transpose(0, 1, 3, 2) },
        { new Reshape(-1, 4, 64), new Reshape(-1, 64, 4) },
        { new Slice([0], [4], [2]), new Slice([1], [5], [2]) },
        { new Slice([0], [4], [2]), new Slice([0], [4], [3]) },
        { new Slice([0], [4], [2]), new Slice([0], [8], [2], [2]) },
        { new Pad([0, 0, 1, 1], [0, 0, 1, 1]), new Pad([0, 0, 1, 1], [0, 0, 1, 1], PadMode.Edge) },
        { new Pad([0, 0, 1, 1], [0, 0, 1, 1]), new Pad([0, 0, 1, 1], [0, 0, 1, 1], value: 1) },
        { new Expand(1, 4, 8, 8), new Expand(2, 1, 4, 8, 8) },
        { new GlobalAveragePool(), new Identity() },
    };

    [Theory]
    [MemberData(nameof(Pairs), DisableDiscoveryEnumeration = true)]
    public void Every_property_of_a_layer_counts(Layer first, Layer second)
    {
        Assert.NotEqual(Hash(first), Hash(second));
        Assert.Equal(Hash(first), Hash(first));
        Assert.NotEqual(GraphIdentity.Geometry(Of(first)), GraphIdentity.Geometry(Of(second)));
    }

    [Fact]
    public void Wiring_names_values_and_shapes_count()
    {
        byte[] plain = Hash(Make());
        Assert.Equal(plain, Hash(Make()));
        Assert.NotEqual(plain, Hash(Make(swap: true)));
        Assert.NotEqual(plain, Hash(Make(name: "other")));
        Assert.NotEqual(plain, Hash(Make(size: 9)));
        Assert.NotEqual(plain, Hash(Make(output: "z")));
        Assert.NotEqual(plain, Hash(Make(seed: 2)));
        Assert.Equal(GraphIdentity.Geometry(Make()), GraphIdentity.Geometry(Make(name: "other", seed: 2)));
    }

    private static Activation Leaky(double alpha) => new Unary("LeakyRelu", ("alpha", alpha)).AsActivation!;

    private static ConvolutionMaxPool Pooled(Clamp epilogue, int padding) =>
        new(Convolve(Window.Square(3, 2, 1), epilogue), Window.Square(3, 2, padding));

    private static Convolution Convolve(Window window, Activation? epilogue = null) => new(s_weights, null, window, 1, epilogue);

    private static Graph Make(bool swap = false, string name = "a", int size = 8, string output = "y", int seed = 1)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 4, size, size));
        ValueHandle a = x.Convolution(TestTensors.Random(new Random(seed), new Shape(4, 4, 1, 1)), null, Window.Square(1), name: name),
        b = x.Relu(name: "b");
        return builder.Build((output, swap ? b.Concat(a) : a.Concat(b)));
    }

    private static Graph Of(Layer layer)
    {
        var builder = new GraphBuilder();
        return builder.Build(builder.Input("x", new Shape(1, 4, 8, 8)).Apply(layer, "layer"));
    }

    private static byte[] Hash(Layer layer) => Hash(Of(layer));

    private static byte[] Hash(Graph graph) => GraphIdentity.ComputeHash(graph);
}
