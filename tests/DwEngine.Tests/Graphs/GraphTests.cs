using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Tensors;
using Xunit;
using static DwEngine.Testing.TestTensors;

namespace DwEngine.Tests.Graphs;

public class GraphTests
{
    private static readonly GraphInput s_input = new(new Value("x"), new Shape(1, 2));

    [Fact]
    public void Nodes_are_sorted_by_the_flow_of_values_and_keep_their_order_otherwise()
    {
        Value a = new("a"), b = new("b"), c = new("c"), d = new("d");
        Graph graph = Make([Node("last", a, b), Node("first", s_input.Value, a), Node("second", s_input.Value, c), Node("third", c, d)], b);
        Assert.Equal(["first", "last", "second", "third"], graph.Nodes.Select(node => node.Name));
        Assert.Equal(["x", "a", "b", "c", "d"], graph.Values.Select(value => value.Name));
        Assert.Equal("first", graph.ProducerOf(a)?.Name);
        Assert.Null(graph.ProducerOf(s_input.Value));
        Assert.Equal(["first", "second"], graph.ConsumersOf(s_input.Value).Select(node => node.Name));
    }

    [Fact]
    public void A_value_that_nobody_produces_is_refused()
    {
        Value unknown = new("unknown"), a = new("a");
        Refuses("'unknown'", [Node("n", unknown, a)], a);
        Refuses("'unknown'", [Node("n", s_input.Value, a)], unknown);
    }

    [Fact]
    public void A_value_of_equal_name_is_not_the_same_value()
    {
        Value a = new("a");
        Refuses("'x'", [Node("n", new Value("x"), a)], a);
    }

    [Fact]
    public void A_value_that_is_produced_twice_is_refused()
    {
        Value a = new("a");
        Refuses("produced twice", [Node("n", s_input.Value, a), Node("m", s_input.Value, a)], a);
        Refuses("produced twice", [Node("n", a, s_input.Value)], s_input.Value);
    }

    [Fact]
    public void Names_must_be_unique()
    {
        Value a = new("a"), b = new("b");
        Refuses("'n'", [Node("n", s_input.Value, a), Node("n", s_input.Value, b)], a);
        Refuses("'a'", [Node("n", s_input.Value, a), Node("m", s_input.Value, new Value("a"))], a);
        Assert.Throws<GraphException>(() => new Graph([], [s_input], [new("out", s_input.Value), new("out", s_input.Value)]));
    }

    [Fact]
    public void A_cycle_is_refused_and_a_node_of_it_is_named()
    {
        Value a = new("a"), b = new("b"), c = new("c");
        Refuses("cycle through 'in cycle", [Node("before", s_input.Value, c), Node("in cycle 1", b, a), Node("in cycle 2", a, b)], c);
        Value behind = new("behind");
        Refuses("cycle through 'in cycle", [Node("behind", a, behind), Node("in cycle 1", b, a), Node("in cycle 2", a, b)], behind);
    }

    [Fact]
    public void A_graph_without_outputs_is_refused() => Assert.Throws<GraphException>(() => new Graph([], [s_input], []));

    [Fact]
    public void The_number_of_inputs_and_outputs_must_be_the_layers()
    {
        Value a = new("a"), b = new("b");
        Assert.Throws<GraphException>(() => new Node("n", new Binary("Add"), [a], [b]));
        Assert.Throws<GraphException>(() => new Node("n", new Identity(), [], [b]));
        Assert.Throws<GraphException>(() => new Node("n", new Concat(), [], [b]));
        Assert.Throws<GraphException>(() => new Node("n", new Split(1, 1), [a], [b]));
        Assert.Throws<GraphException>(() => new Node("", new Identity(), [a], [b]));
    }

    [Fact]
    public void The_builder_makes_graphs_of_several_inputs_and_outputs()
    {
        var builder = new GraphBuilder();
        ValueHandle left = builder.Input("left", new Shape(1, 4, 1, 1)), right = builder.Input("right", new Shape(1, 4, 1, 1));
        (ValueHandle low, ValueHandle high) = left.Add(right).Split(1, 3, "halves");
        Graph graph = builder.Build(("low", low), ("joined", high.Concat(low).Relu()));
        IReadOnlyDictionary<string, Tensor> outputs = ReferenceExecutor.Run(graph, new Dictionary<string, Tensor>
        {
            ["left"] = Of(new Shape(1, 4, 1, 1), 1, 2, -3, 4),
            ["right"] = Of(new Shape(1, 4, 1, 1), 10, 20, -30, 40),
        });
        Assert.Equal([11], outputs["low"].Floats);
        Assert.Equal([22, 0, 44, 11], outputs["joined"].Floats);
    }

    [Fact]
    public void The_builder_generates_unique_names_and_refuses_taken_ones()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("relu_1", new Shape(1, 2));
        ValueHandle y = x.Relu().Relu();
        Assert.Equal(["relu_2", "relu_3"], builder.Build(y).Nodes.Select(node => node.Name));
        Assert.Throws<GraphException>(() => y.Relu("relu_2"));
        Assert.Throws<GraphException>(() => builder.Input("relu_1", new Shape(1)));
    }

    [Fact]
    public void The_builder_names_the_layer_that_does_not_fit_and_can_go_on()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 2, 4, 4));
        Assert.Contains("'pool'", Assert.Throws<ShapeException>(() => x.MaxPool(Window.Square(5), "pool")).Message);
        Assert.Equal(new Shape(1, 2, 2, 2), x.MaxPool(Window.Square(2, stride: 2), "pool").Shape);
    }

    [Fact]
    public void Values_of_two_builders_do_not_mix()
    {
        ValueHandle own = new GraphBuilder().Input("x", new Shape(1)), foreign = new GraphBuilder().Input("x", new Shape(1));
        Assert.Throws<GraphException>(() => own.Add(foreign));
        Assert.Throws<GraphException>(() => own.Builder.Build(foreign));
        Assert.Throws<GraphException>(() => own.Add(default));
    }

    public static TheoryData<string, Action<ValueHandle, string?>> Misfits => new()
    {
        { "Convolution", (x, name) => x.Convolution(Counting(new Shape(4, 2, 3, 3)), null, Window.Square(5), name: name) },
        { "Convolution", (x, name) => x.Convolution(Counting(new Shape(4, 2, 3, 3)), null, Window.Square(3), groups: 3, name) },
        { "Convolution",
            (x, name) => x.Convolution(Counting(new Shape(4, 2, 3, 3)), Counting(new Shape(3)), Window.Square(3), name: name) },
        { "Convolution", (x, name) => x.Convolution(Counting(new Shape(4, 7, 3, 3)), null, Window.Square(3), name: name) },
        { "BatchNorm",
            (x, name) => x.BatchNorm(Of(new Shape(1), 1), Of(new Shape(1), 1), Of(new Shape(1), 1), Of(new Shape(1), -1), name: name) },
        { "BatchNorm",
            (x, name) => x.BatchNorm(Of(new Shape(1), 1), Of(new Shape(2), 1, 1), Of(new Shape(1), 1), Of(new Shape(1), 1), name: name) },
        { "MaxPool", (x, name) => x.MaxPool(Window.Square(0), name) },
        { "AveragePool", (x, name) => x.AveragePool(new Window(int.MaxValue, 3), name: name) },
        { "AveragePool", (x, name) => x.AveragePool(default, name: name) },
        { "FullyConnected", (x, name) => x.FullyConnected(Counting(new Shape(2, 3, 1)), null, name) },
        { "ChannelShuffle", (x, name) => x.ChannelShuffle(0, name) },
        { "ChannelShuffle", (x, name) => x.ChannelShuffle(3, name) },
        { "Split", (x, name) => x.Split(2, 0, name) },
        { "Split", (x, name) => x.Split([], name) },
        { "Split", (x, name) => x.Apply(new Split(1, 1), name) },
        { "Add", (x, name) => x.Add(x.Builder.Input($"y of {name}", new Shape(1, 3, 1, 1)), name) },
        { "Add", (x, name) => x.Add(default, name) },
        { "Concat", (x, name) => x.Builder.Concat([x, default], name) },
        { "Concat", (x, name) => x.Builder.Concat([], name) },
        { "Concat", (x, name) => x.Builder.Concat([x, new GraphBuilder().Input("foreign", new Shape(1))], name) },
    };

    [Theory]
    [MemberData(nameof(Misfits), DisableDiscoveryEnumeration = true)]
    public void An_error_names_the_node_whatever_is_wrong_with_it(string kind, Action<ValueHandle, string?> append)
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 2, 4, 4));
        foreach (string? name in (string?[])["stage2.0", null])
        {
            Exception? error = Record.Exception(() => append(x, name));
            Assert.True(error is ShapeException or GraphException, error?.ToString());
            Assert.Contains(name is null ? kind : $"'{name}'", error?.Message, StringComparison.OrdinalIgnoreCase);
            Assert.Contains(kind, error?.Message, StringComparison.Ordinal);
        }

        // Nothing of it is left in the builder.
        Assert.Single(builder.Build(x.Relu("stage2.0")).Nodes);
    }

    [Fact]
    public void A_default_handle_stands_for_no_value_and_says_so()
    {
        ValueHandle none = default;
        Assert.Equal("no value", none.ToString());
        Action[] uses =
        [
            () => _ = none.Builder,
            () => _ = none.Value,
            () => _ = none.Shape,
            () => none.Relu(),
            () => none.Apply(new Identity()),
            () => none.Convolution(Counting(new Shape(1, 1, 1, 1)), null, Window.Square(1)),
            () => none.Add(none),
            () => none.Concat(none),
            () => none.Split(1, 1),
            () => none.Split([1, 1]),
            () => new GraphBuilder().Build(none),
            () => new GraphBuilder().Build(("out", none)),
            () => new GraphBuilder().Concat([none]),
            () => new GraphBuilder().Apply(new Identity(), [none]),
        ];
        Assert.All(uses, use => Assert.Contains("no value", Assert.Throws<GraphException>(use).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_executor_refuses_missing_surplus_and_wrongly_typed_inputs()
    {
        var builder = new GraphBuilder();
        Graph graph = builder.Build(builder.Input("x", new Shape(1, 2)).Softmax());
        Tensor good = Of(new Shape(1, 2), 1, 2);
        Assert.Throws<GraphException>(() => ReferenceExecutor.Run(graph, new Dictionary<string, Tensor>()));
        Assert.Throws<GraphException>(() => ReferenceExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = good, ["y"] = good }));
        Assert.Throws<GraphException>(() => ReferenceExecutor.Run(graph, Tensor.FromBytes(ElementType.Int8, new Shape(2), new byte[2])));
    }

    [Fact]
    public void The_rewriter_replaces_removes_and_rewires()
    {
        Value a = new("a"), b = new("b"), c = new("c");
        Graph graph = Make([Node("one", s_input.Value, a), Node("two", a, b), Node("three", b, c)], c);
        var rewriter = new GraphRewriter(graph);
        rewriter.Rewire(b, a);
        rewriter.Rewire(a, s_input.Value);
        rewriter.Remove(graph.Nodes[0]);
        rewriter.Remove(graph.Nodes[1]);
        Value d = new("d");
        rewriter.Replace(graph.Nodes[2], Node("four", b, d), Node("five", d, c));
        Graph rewritten = rewriter.ToGraph();
        Assert.Equal(["four", "five"], rewritten.Nodes.Select(node => node.Name));
        Assert.Equal(s_input.Value, rewritten.Nodes[0].Inputs[0]);
        Assert.Equal(3, graph.Nodes.Length);
        Assert.Throws<GraphException>(() => rewriter.Remove(graph.Nodes[0]));
    }

    private static Node Node(string name, Value input, Value output) => new(name, new Identity(), [input], [output]);

    private static Graph Make(Node[] nodes, Value output) => new(nodes, [s_input], [new GraphOutput("out", output)]);

    private static void Refuses(string mention, Node[] nodes, Value output) =>
        Assert.Contains(mention, Assert.Throws<GraphException>(() => Make(nodes, output)).Message);
}
