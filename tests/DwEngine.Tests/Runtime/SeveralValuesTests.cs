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

            session.With().Input("left", left.Floats).Output<float>("means", means).Input("right", right.Floats).Output<float>("both", both).Run();

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
            graph, new Dictionary<string, Tensor> { [graph.Inputs[0].Name] = Tensor.FromFloats(without.InputShape, input) })[pool.Inputs[0]];
        AssertClose(expected, with.Output<float>(feature));
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        using var model = new Model(TwoByTwo());
        using Session session = model.CreateSession();
        float[] left = new float[s_left.ElementCount];

        Assert.Contains("'middle'", Assert.Throws<ArgumentException>(() => session.With().Input<float>("middle", left)).Message, StringComparison.Ordinal);
        Assert.Contains("Int32", Assert.Throws<ArgumentException>(() => session.With().Input<int>("left", new int[left.Length])).Message, StringComparison.Ordinal);
        Assert.Contains("'left'", Assert.Throws<ShapeException>(() => session.With().Input<float>("left", left.AsSpan(1))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => session.Run(left, left));
        Assert.Throws<ArgumentException>(() => session.Output<byte>("means"));
        Assert.Throws<GraphException>(() => model.CreateSession(
            new SessionOptions { InputShapes = new Dictionary<string, Shape> { ["middle"] = s_left } }));
        Assert.Throws<GraphException>(() => model.CreateSession(new SessionOptions { InputShape = s_left }));
        Assert.Throws<GraphException>(() => model.Graph.WithFurtherOutputs(["nothing"]));
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

    private static Graph TwoByTwo()
    {
        var builder = new GraphBuilder();
        ValueHandle left = builder.Input("left", s_left), right = builder.Input("right", s_right);
        ValueHandle both = left.Convolution(TestTensors.Random(new Random(5), new Shape(3, 3, 3, 3)), null, Window.Square(3, padding: 1)).Concat(right.Relu());
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
