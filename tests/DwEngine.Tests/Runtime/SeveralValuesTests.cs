using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Networks with several inputs and outputs, in the caller's memory and in the session's.</summary>
public class SeveralValuesTests
{
    private static readonly Shape s_left = new(2, 3, 5, 6), s_right = new(2, 4, 5, 6);

    [Fact]
    public void Two_inputs_and_two_outputs_are_named_by_the_caller()
    {
        using var model = new Model(TwoByTwo());
        foreach (int threads in (int[])[1, 2, 3])
        {
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            Assert.Equal(["left", "right"], session.Inputs.Select(value => value.Name));
            Assert.Equal([new Shape(2, 7, 5, 6), new Shape(2, 7)], session.Outputs.Select(value => value.Shape));
            Tensor left = TestTensors.Random(new Random(1), s_left), right = TestTensors.Random(new Random(2), s_right);
            float[] both = new float[2 * 7 * 30], means = new float[14];

            session.With().Input("left", left.Floats).Output<float>("means", means).Input("right", right.Floats).Output<float>(
                "both", both).Run();

            AssertExpected(model.Graph, left, right, both, means);
        }
    }

    [Fact]
    public void Memory_of_the_session_serves_what_the_caller_does_not_name()
    {
        using var model = new Model(TwoByTwo());
        using Session session = model.CreateSession();
        Tensor left = TestTensors.Random(new Random(3), s_left), right = TestTensors.Random(new Random(4), s_right);
        left.Floats.CopyTo(session.Input<float>("left"));
        float[] both = new float[2 * 7 * 30];

        session.With().Input("right", right.Floats).Output<float>("both", both).Run();

        AssertExpected(model.Graph, left, right, both, session.Output<float>("means"));
        right.Floats.CopyTo(session.Input<float>("right"));
        session.Run();
        Assert.Equal(both, session.Output<float>("both").ToArray());
        session.Profile(new TimeSpan[session.Steps.Length]);
        Assert.Equal(both, session.Output<float>("both").ToArray());
    }

    [Fact]
    public void A_value_from_the_middle_can_be_asked_for_as_a_further_output()
    {
        Graph graph = TestModels.ShuffleNet().Graph;
        Node pool = graph.Nodes.First(node => node.Layer is GlobalAveragePool);
        string feature = pool.Inputs[0].Name;
        using var plain = new Model(graph);
        using var model = new Model(graph.WithFurtherOutputs([feature]));
        using Session without = plain.CreateSession(), with = model.CreateSession();
        float[] input = TestModels.Input(without), logits = TestModels.Compute(without, input);
        float[] found = new float[logits.Length];

        with.With().Input<float>(with.Inputs[0].Name, input).Output<float>(with.Outputs[0].Name, found).Run();

        TestThreads.AssertSameBits(logits, found);
        Tensor expected = ReferenceExecutor.RunAll(
            graph, new Dictionary<string,
            Tensor>
            { [graph.Inputs[0].Name] = Tensor.FromFloats(without.InputShape, input) })[pool.Inputs[0]];
        AssertClose(expected, with.Output<float>(feature));
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        using var model = new Model(TwoByTwo());
        using Session session = model.CreateSession();
        float[] left = new float[s_left.ElementCount];

        foreach (Action call in (Action[])
            [
                () => session.With().Input<float>("middle", left),
                () => session.With().Output<float>("middle", left),
                () => session.Input<float>("middle"),
                () => session.Output<float>("middle"),
                () => model.CreateSession(new SessionOptions { InputShapes = new Dictionary<string, Shape> { ["middle"] = s_left } }),
                () => model.Graph.WithFurtherOutputs(["middle"]),
                () => ReferenceExecutor.RunAll(
                    model.Graph,
                    new Dictionary<string, Tensor>
                    {
                        ["left"] = Random(s_left),
                        ["right"] = Random(s_right),
                        ["middle"] = Random(s_left),
                    }),
            ])
        {
            Assert.Contains("'middle'; its ", Assert.Throws<GraphException>(call).Message, StringComparison.Ordinal);
        }

        Assert.Contains("Int32", Assert.Throws<ArgumentException>(() => session.With().Input<int>("left", new int[left.Length])).Message,
            StringComparison.Ordinal);
        Assert.Contains("'left'", Assert.Throws<ShapeException>(() => session.With().Input<float>("left", left.AsSpan(1))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => session.Run(left, left));
        Assert.Throws<ArgumentException>(() => session.Output<byte>("means"));
        Assert.Throws<GraphException>(() => model.CreateSession(new SessionOptions { InputShape = s_left }));
    }

    [Fact]
    public void An_unknown_value_of_a_large_network_is_answered_with_the_names_most_like_it()
    {
        Graph graph = TestModels.ShuffleNet().Graph;
        string name = graph.Nodes[3].Outputs[0].Name;
        string message = Assert.Throws<GraphException>(() => graph.WithFurtherOutputs([name + "x"])).Message;
        Assert.Contains($"'{name}x'; the most similar names are '{name}'", message, StringComparison.Ordinal);
        Assert.Contains($"Graph.Values lists all {graph.Values.Count()}.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_without_a_name_and_one_that_occurs_twice_are_told_apart()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 2));
        Assert.Contains(
            "Two outputs have the name 'mean'",
            Assert.Throws<GraphException>(() => x.Builder.Build(("mean", x), ("mean", x))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "the value 'x' has no name", Assert.Throws<GraphException>(() => x.Builder.Build(("", x))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_call_says_what_makes_calls()
    {
        Assert.Contains(
            "Session.With", Assert.Throws<InvalidOperationException>(() => default(SessionCall).Run()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => default(SessionCall).Input<float>("x", []));
        Assert.Throws<InvalidOperationException>(() => default(SessionCall).Output<float>("x", []));
    }

    [Fact]
    public void Types_are_told_where_they_matter_and_counts_agree_with_their_nouns()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 3, 4, 4));
        ConvertElements convert = ConvertElements.Normalization([0], [1]);
        Assert.Contains("found Float32 1x3x4x4", Assert.Throws<ShapeException>(() => x.Apply(convert)).Message, StringComparison.Ordinal);
        Assert.Contains("byte or bool", Assert.Throws<ArgumentException>(() => ElementTypes.Of<char>()).Message, StringComparison.Ordinal);

        using var model = new Model(builder.Build(("a", x.Relu()), ("b", x.Relu6())));
        using Session session = model.CreateSession();
        string message = Assert.Throws<ArgumentException>(() => session.Run(new float[48], new float[48])).Message;
        Assert.Contains("1 input and 2 outputs", message, StringComparison.Ordinal);
        message = Assert.Throws<ShapeException>(() => session.With().Input<float>("x", new float[1])).Message;
        Assert.Contains("has 1 element;", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Inputs_and_outputs_must_not_share_memory()
    {
        using var model = new Model(TwoByTwo());
        using Session session = model.CreateSession();
        float[] memory = new float[1000];

        Assert.Throws<ArgumentException>(() => session.With()
            .Input<float>("left", memory.AsSpan(0, 180)).Output<float>("means", memory.AsSpan(179, 14)).Run());
        Assert.Throws<ArgumentException>(() => session.With()
            .Output<float>("both", memory.AsSpan(0, 420)).Output<float>("means", memory.AsSpan(400, 14)).Run());

        // Inputs may: they are only read.
        session.With().Input<float>("left", memory.AsSpan(0, 180)).Input<float>("right", memory.AsSpan(10, 240)).Run();
    }

    [Fact]
    public void A_shape_may_be_given_for_one_input_alone()
    {
        var builder = new GraphBuilder();
        ValueHandle first = builder.Input("first", new Shape(1, 3, 4, 4)), second = builder.Input("second", new Shape(1, 3, 4, 4));
        using var model = new Model(builder.Build(("a", first.Relu()), ("b", second.GlobalAveragePool())));
        using Session session = model.CreateSession(
            new SessionOptions { InputShapes = new Dictionary<string, Shape> { ["second"] = new(1, 3, 7, 9) } });
        Assert.Equal([new Shape(1, 3, 4, 4), new Shape(1, 3, 7, 9)], session.Inputs.Select(value => value.Shape));
        session.Input<float>("second").Fill(2);
        session.Run();
        Assert.All(session.Output<float>("b").ToArray(), value => Assert.Equal(2, value));
    }

    [Fact]
    public void A_disposed_model_ends_when_its_last_session_does()
    {
        var model = new Model(TwoByTwo());
        Session session = model.CreateSession();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.CreateSession());
        session.Run();
        float[] before = session.Output<float>("both").ToArray();
        session.Run();
        Assert.Equal(before, session.Output<float>("both").ToArray());
        session.Dispose();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(session.Run);
    }

    private static Tensor Random(Shape shape) => TestTensors.Random(new Random(1), shape);

    private static Graph TwoByTwo()
    {
        var builder = new GraphBuilder();
        ValueHandle left = builder.Input("left", s_left), right = builder.Input("right", s_right);
        ValueHandle both = left.Convolution(
            TestTensors.Random(new Random(5), new Shape(3, 3, 3, 3)), null, Window.Square(3, padding: 1)).Concat(right.Relu());
        return builder.Build(("both", both), ("means", both.GlobalAveragePool().Flatten()));
    }

    private static void AssertExpected(Graph graph, Tensor left, Tensor right, ReadOnlySpan<float> both, ReadOnlySpan<float> means)
    {
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(
            graph, new Dictionary<string, Tensor> { ["left"] = left, ["right"] = right });
        AssertClose(expected["both"], both);
        AssertClose(expected["means"], means);
    }

    private static void AssertClose(Tensor expected, ReadOnlySpan<float> actual) =>
        Assert.InRange(TestTensors.Difference(expected, Tensor.FromFloats(expected.Shape, actual)), 0, 1e-5);
}
