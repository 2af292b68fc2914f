using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Tests.Passes.PlanComparison;

namespace DwEngine.Tests.Passes;

/// <summary>What is known beforehand, done twice, or nothing at all.</summary>
public class SimplificationTests
{
    private static readonly Shape s_other = new(2, 6, 5, 3);

    [Fact]
    public void Layers_that_read_constants_alone_are_computed_once()
    {
        Tensor large = Weights(1, new Shape(6, 1000));
        Func<ValueHandle, ValueHandle> write = x =>
            x.MatMul(x.Builder.Constant(large).Transpose([1, 0]).Multiply(x.Number(2)).Reshape([1000, 6]));
        Graph graph = Check(
            new FoldConstants(), write,
            "rearrange mul copy matrix-product", "fully-connected", false, new Shape(3, 1000), new Shape(1, 1000));
        Assert.Equal(3, graph.Nodes.Count(node => node.Layer is Constant) - 2);
        Stays(new FoldConstants(), x => x.Add(x.Builder.Constant(large).Expand([50, 6, 1000])), new Shape(50, 6, 1000));
    }

    [Fact]
    public void A_split_of_constants_is_as_many_constants()
    {
        Graph graph = new FoldConstants().Run(Build(x =>
        {
            ValueHandle[] parts = x.Numbers(1, 1, 12, 1, 1).Split([6, 6]);
            return x.Add(parts[0]).Multiply(parts[1]);
        }));
        Assert.Equal(["Add", "Constant", "Constant", "Constant", "Mul"], graph.Nodes.Select(node => node.Layer.Kind).Order());
    }

    // The reshape keeps the number of pixels, whatever it is; it must not become that of the default size.
    [Fact]
    public void What_follows_from_the_size_of_the_input_is_right_for_every_size()
    {
        Func<ValueHandle, ValueHandle> write = x =>
        {
            ValueHandle shape = x.ShapeOf(), channels = shape.Slice([1], [2]), rows = shape.Slice([2], [3]), columns = shape.Slice([3],
            [4]);
            ValueHandle target = x.Builder.Concat([shape.Slice([0], [1]), channels, rows.Multiply(columns)], axis: 0);
            return x.Builder.Apply(new Reshape(), [x, target])[0].Abs();
        };
        Graph graph = Build(write), changed = PassPipeline.Inference.Run(graph);
        Assert.Contains(changed.Nodes, node => node.Layer is ShapeOf);
        Compare(graph, changed, true, Image, s_other, new Shape(1, 6, 1, 1));
        Assert.Equal("abs", KernelsOf(changed));
    }

    [Fact]
    public void What_is_computed_twice_is_computed_once()
    {
        Tensor weights = Weights(1, new Shape(6, 6, 7, 7));
        Check(
            new MergeCommonLayers(),
            x => Convolve(x).Tanh().Add(Convolve(x).Tanh()),
            "general tanh general tanh add",
            "general tanh add",
            true,
            null,
            s_other);
        Check(new MergeCommonLayers(), x => x.Add(x.Number(1)).Multiply(x.Add(x.Number(1))), "add add mul", "add mul", true);
        Stays(new MergeCommonLayers(), x => x.Clip(0, 1).Add(x.Clip(0, 2)));
        Stays(new MergeCommonLayers(), x => x.Add(x.Number(1)).Multiply(x.Add(x.Number(1, 1))));
        Check(
            new MergeCommonLayers(), x => x.Subtract(x.Number(1)).Multiply(x.Number(1).Subtract(x)), "sub sub mul", "sub sub mul", true);
        Stays(new MergeCommonLayers(), x => x.Convolve().Add(x.Convolution(Weights(9, new Shape(6, 6, 1, 1)), null, Window.Square(1))));

        ValueHandle Convolve(ValueHandle x) => x.Convolution(weights, null, Window.Square(7, padding: 3));
    }

    private static readonly Dictionary<string, Func<ValueHandle, ValueHandle>> s_nothings = new()
    {
        { "identity", x => x.Identity() },
        { "cast", x => x.Cast(ElementType.Float32) },
        { "transpose", x => x.Transpose([0, 1, 2, 3]) },
        { "reshape", x => x.Reshape([0, 0, -1, 0]) },
        { "reshape of copies", x => x.Reshape([0, 0, 0, 0]) },
        { "pad", x => x.Pad([0, 0, 0, 0], [0, 0, 0, 0]) },
        { "slice", x => x.Slice([0, 0], [int.MaxValue, int.MaxValue], [2, 3]) },
        { "tile", x => x.Tile([1, 1, 1, 1]) },
        { "concat", x => x.Concat() },
        { "squeeze", x => x.Squeeze([]) },
        { "max pool", x => x.MaxPool(Window.Square(1)) },
        { "average pool", x => x.AveragePool(Window.Square(1)) },
        { "clip", x => x.Clip() },
        { "times one", x => x.Multiply(x.Number(1)) },
        { "by one", x => x.Divide(x.Number(1, 1, 1)) },
        { "less nothing", x => x.Subtract(x.Number(0)) },
    };

    public static TheoryData<string> Nothings { get; } = new(s_nothings.Keys);

    [Theory]
    [MemberData(nameof(Nothings))]
    public void What_changes_nothing_goes(string name)
    {
        Graph graph = Build(x => s_nothings[name](x).Abs()), changed = new RemoveIdentity().Run(graph);
        Assert.Single(changed.Nodes, node => node.Layer is not Constant);
        Assert.Same(changed, new RemoveIdentity().Run(changed));
        Compare(graph, changed, true, Image, s_other);
    }

    [Fact]
    public void What_changes_nothing_at_one_size_stays()
    {
        var pass = new RemoveIdentity();
        Stays(pass, x => x.Reshape([1, 6, 9, 11]).Abs());
        Stays(pass, x => x.Reshape([0, 6, 9, -1]).Abs());
        Stays(pass, x => x.Slice([0, 0], [9, 11], [2, 3]).Abs());
        Stays(pass, x => x.Slice([0], [int.MaxValue], [2], [2]).Abs());
        Stays(pass, x => x.Squeeze().Abs());
        Stays(pass, x => x.Squeeze().Abs(), new Shape(2, 6, 3, 3));
        Stays(pass, x => x.Cast(ElementType.Int32));
        Stays(pass, x => x.Multiply(x.Number(1, 1, 1, 1, 1, 1)));
        Stays(pass, x => x.Add(x.Number(0)));
        Stays(pass, x => x.Number(1).Divide(x));
        Stays(pass, x => x.Pad([0, 0, 0, 0], [0, 0, 0, 1]));
        Stays(pass, x => x.Flatten(), new Shape(2, 3, 4));
    }
}
