using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Graphs;
using DwEngine.Tests.Planning;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Runtime;

public class SessionTests
{
    [Fact]
    public void A_session_computes_what_the_layers_compute_on_every_instruction_set_and_any_number_of_threads()
    {
        Gen<int> seeds = Gen.Choose(int.MinValue, int.MaxValue);
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 8 : 40),
            Prop.ForAll(Arb.From(seeds), seed =>
        {
            (Graph graph, Tensor input) = RandomGraphs.MakeModel(seed);
            AssertSessionsAgree(graph, input);
        }));
    }

    [Theory]
    [InlineData(StemKind.ImageNet, 1)]
    [InlineData(StemKind.ImageNet, 3)]
    [InlineData(StemKind.Cifar, 2)]
    public void A_ShuffleNet_computes_what_its_layers_compute(StemKind stem, int batch)
    {
        Model model = TestModels.ShuffleNet(stem);
        AssertSessionsAgree(model.Graph, TestTensors.Random(new Random(batch), new Shape(batch, 3, 33, 41)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_callers_memory_may_lie_against_an_unreadable_page(bool atStart)
    {
        GuardEdge edge = atStart ? GuardEdge.Start : GuardEdge.End;
        foreach (string name in HandMadeGraphs.Names)
        {
            (Graph graph, Dictionary<string, Tensor> inputs) = HandMadeGraphs.Make(name, 2);
            if (graph.Inputs.Length == 1)
            {
                GraphFacts facts = graph.Infer();
                foreach (GraphOutput output in graph.Outputs.Where(output => facts[output.Value].Type == ElementType.Float32))
                {
                    RunBetweenGuards(new Model(new Graph(graph.Nodes, graph.Inputs, [output])), inputs[graph.Inputs[0].Name], edge);
                }
            }
        }

        Model shuffleNet = TestModels.ShuffleNet();
        RunBetweenGuards(shuffleNet, TestTensors.Random(new Random(1), shuffleNet.DefaultInputShape), edge);
    }

    [Fact]
    public void One_model_serves_inputs_of_any_batch_and_size()
    {
        Model model = TestModels.ShuffleNet();
        using Session single = model.CreateSession();
        using Session pair = model.CreateSession(new SessionOptions { InputShape = model.DefaultInputShape.With(0, 2) });
        Assert.Equal(model.DefaultInputShape, single.InputShape);
        Assert.Equal(new Shape(2, 5), pair.OutputShape);
        float[] first = TestModels.Input(single, 1), second = TestModels.Input(single, 2);
        float[] both = TestModels.Compute(pair, [.. first, .. second]);
        Assert.Equal([.. TestModels.Compute(single, first), .. TestModels.Compute(single, second)], both);
    }

    [Fact]
    public void Steps_name_the_layers_and_their_cost()
    {
        Model model = TestModels.ShuffleNet();
        using Session session = model.CreateSession();
        Assert.Contains(session.Steps, step => step.Name.StartsWith("stage2.0.branch2", StringComparison.Ordinal));
        Assert.Equal(model.Graph.Infer().TotalMultiplyAdds, session.Steps.Sum(step => step.MultiplyAdds));
        Assert.True(session.ArenaBytes > 0);
        Assert.True(model.PackedWeightBytes > 0);
    }

    [Fact]
    public void Steps_tell_the_work_on_padding_of_all_images()
    {
        Model model = TestModels.ShuffleNet();
        using Session single = model.CreateSession();
        using Session several = model.CreateSession(new SessionOptions { InputShape = model.DefaultInputShape.With(0, 3) });
        Assert.Equal(single.Steps.Select(step => 3 * step.IssuedMultiplyAdds), several.Steps.Select(step => step.IssuedMultiplyAdds));
        Assert.Equal(single.Steps.Select(step => step.PaddedWork), several.Steps.Select(step => step.PaddedWork));
        Assert.All(single.Steps, step => Assert.Equal(step.MultiplyAdds > 0, step.PaddedWork is not null));
        Assert.Equal(0.25, new StepInfo("one", "kernel", new Shape(1), MultiplyAdds: 40, IssuedMultiplyAdds: 50).PaddedWork);
        Assert.Null(new StepInfo("one", "kernel", new Shape(1), MultiplyAdds: 40, IssuedMultiplyAdds: null).PaddedWork);
    }

    [Fact]
    public void Sessions_of_one_model_share_packed_weights()
    {
        Model model = TestModels.ShuffleNet();
        using Session first = model.CreateSession();
        long bytes = model.PackedWeightBytes;
        using Session second = model.CreateSession(new SessionOptions { InputShape = model.DefaultInputShape.With(0, 4), Threads = 2 });
        Assert.Equal(bytes, model.PackedWeightBytes);
    }

    [Fact]
    public void A_profile_gives_each_steps_duration_and_the_same_result()
    {
        using Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        TimeSpan[] durations = new TimeSpan[session.Steps.Length];
        durations.AsSpan().Fill(TimeSpan.MinValue);
        session.Profile(input, output, durations);
        Assert.Equal(TestModels.Compute(session, input), output);
        Assert.All(durations, duration => Assert.True(duration >= TimeSpan.Zero));
        Assert.True(durations.Aggregate((a, b) => a + b) > TimeSpan.Zero);
        Assert.Throws<ShapeException>(() => session.Profile(input, output, new TimeSpan[session.Steps.Length - 1]));
    }

    [Fact]
    public void Spans_of_another_length_are_refused_and_the_session_goes_on()
    {
        using Session session = TestModels.ShuffleNet().CreateSession();
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        float[] expected = TestModels.Compute(session, input);
        Assert.Throws<ShapeException>(() => session.Run(input.AsSpan(1), output));
        Assert.Throws<ShapeException>(() => session.Run([.. input, 0], output));
        Assert.Throws<ShapeException>(() => session.Run([], output));
        Assert.Throws<ShapeException>(() => session.Run(input, output.AsSpan(1)));
        Assert.Throws<ShapeException>(() => session.Run(input, new float[output.Length + 1]));
        Assert.Throws<ShapeException>(() => session.Run(input, []));
        Assert.Equal(expected, TestModels.Compute(session, input));
    }

    [Fact]
    public void An_input_shape_that_the_network_cannot_take_is_refused_each_time()
    {
        Model model = TestModels.ShuffleNet();
        foreach (Shape shape in (Shape[])[new(1, 4, 48, 48), new(1, 3, 48), new(0, 3, 48, 48), new(1, 3, 0, 48)])
        {
            Assert.Throws<ShapeException>(() => model.CreateSession(new SessionOptions { InputShape = shape }));
            Assert.Throws<ShapeException>(() => model.CreateSession(new SessionOptions { InputShape = shape }));
        }

        using Session session = model.CreateSession();
        Assert.All(TestModels.Compute(session, TestModels.Input(session)), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void An_instruction_set_that_the_CPU_lacks_is_refused()
    {
        Model model = TestModels.ShuffleNet();
        foreach (Isa isa in Enum.GetValues<Isa>().Where(isa => !Isas.IsSupported(isa)))
        {
            PlatformNotSupportedException error =
                Assert.Throws<PlatformNotSupportedException>(() => model.CreateSession(new SessionOptions { Isa = isa }));
            Assert.Contains(isa.ToString(), error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Model model = TestModels.ShuffleNet();
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateSession(new SessionOptions { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateSession(new SessionOptions { Spin = TimeSpan.FromTicks(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateSession(new SessionOptions { Affinity = (ThreadAffinity)2 }));
        using Session session = model.CreateSession(new SessionOptions { Threads = 2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Prepare(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Prepare(TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void A_disposed_session_refuses_to_run_and_may_be_disposed_again()
    {
        Session session = TestModels.ShuffleNet().CreateSession(new SessionOptions { Threads = 2 });
        float[] input = TestModels.Input(session), output = TestModels.Output(session);
        session.Run(input, output);
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(input, output));
        Assert.Throws<ObjectDisposedException>(session.Prepare);
        Assert.Throws<ObjectDisposedException>(() => session.Profile(input, output, new TimeSpan[session.Steps.Length]));
    }

    private static void AssertSessionsAgree(Graph graph, Tensor input)
    {
        Tensor expected = ReferenceExecutor.Run(graph, input);
        var model = new Model(graph);
        foreach (Isa isa in Isas.Supported)
        {
            float[]? single = null;
            for (int threads = 1; threads <= 3; threads++)
            {
                using Session session = model.CreateSession(new SessionOptions { InputShape = input.Shape, Isa = isa, Threads = threads });
                Assert.Equal(expected.Shape, session.OutputShape);
                float[] output = TestModels.Compute(session, input.Floats);
                Assert.InRange(TestTensors.Difference(expected, Tensor.FromFloats(expected.Shape, output)), 0, 1e-4);
                Assert.Equal(single ??= output, output);
            }
        }
    }

    private static void RunBetweenGuards(Model model, Tensor input, GuardEdge edge)
    {
        foreach (Isa isa in Isas.Supported)
        {
            using Session session = model.CreateSession(new SessionOptions { InputShape = input.Shape, Isa = isa, Threads = 2 });
            using MemoryPair memory =
                new(new GuardedMemory(input.Floats, edge), new GuardedMemory((int)session.OutputShape.ElementCount, edge));
            session.Run(memory.Input.Span, memory.Output.Span);
            memory.Input.AssertSlackIsUntouched("The input");
            memory.Output.AssertSlackIsUntouched("The output");
            Assert.Equal(input.Floats, memory.Input.Span);
            Assert.Equal(TestModels.Compute(session, input.Floats), memory.Output.Span.ToArray());
        }
    }

    private sealed record MemoryPair(GuardedMemory Input, GuardedMemory Output) : IDisposable
    {
        public void Dispose()
        {
            ((IDisposable)Input).Dispose();
            ((IDisposable)Output).Dispose();
        }
    }
}
