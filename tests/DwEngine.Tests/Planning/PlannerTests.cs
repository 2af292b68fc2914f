using DwEngine.Graphs;
using DwEngine.Graphs.Lowering;
using DwEngine.Kernels;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Graphs;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Planning;

public class PlannerTests
{
    private const double Tolerance = 1e-4;

    public static MatrixTheoryData<string, int> HandMade => new(HandMadeGraphs.Names, [1, 2, 3]);

    [Fact]
    public void A_planned_network_computes_what_its_layers_compute()
    {
        Gen<int> seeds = Gen.Choose(int.MinValue, int.MaxValue);
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 20 : 150),
            Prop.ForAll(Arb.From(seeds), seed =>
        {
            (Graph graph, Dictionary<string, Tensor> inputs) = RandomGraphs.Make(seed);
            AssertPlanAgrees(graph, inputs);
        }));
    }

    [Theory]
    [MemberData(nameof(HandMade))]
    public void A_hand_made_graph_computes_what_its_layers_compute(string name, int batch)
    {
        (Graph graph, Dictionary<string, Tensor> inputs) = HandMadeGraphs.Make(name, batch);
        AssertPlanAgrees(graph, inputs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Splits_joins_and_shuffles_of_images_take_no_step(int batch)
    {
        var random = new Random(1);
        var builder = new GraphBuilder();
        ValueHandle x = Convolve(random, builder.Input("x", new Shape(batch, 3, 9, 9)), 8, Window.Square(3, padding: 1), 1);
        for (int unit = 0; unit < 3; unit++)
        {
            (ValueHandle left, ValueHandle right) = x.Split(4, 4);
            right = Convolve(random, right, 4, Window.Square(1), 1).Relu();
            right = Convolve(random, right, 4, Window.Square(3, padding: 1), 4);
            x = left.Concat(Convolve(random, right, 4, Window.Square(1), 1).Relu()).ChannelShuffle(2);
        }

        Graph graph = PassPipeline.Inference.Run(builder.Build(Dense(random, x.GlobalAveragePool().Flatten(), 5)));
        Plan plan = Plans(graph).First();
        // Besides the convolutions: pooling, fully connected, and the copy into the caller's memory.
        Assert.Equal(10 + 3, plan.Steps.Length);
        Assert.Single(plan.Steps, step => step.Kernel.Name == "copy");
        Assert.Equal(graph.Infer().TotalMultiplyAdds, plan.Steps.Sum(step => step.MultiplyAdds));
    }

    [Fact]
    public void The_callers_input_is_staged_once_however_many_kernels_read_ahead_in_it()
    {
        (Graph graph, _) = HandMadeGraphs.Make("two pointwise of input", 1);
        Assert.Single(Plans(graph).First().Steps, step => step.Name == "stage input");
    }

    [Fact]
    public void No_kernel_that_reads_ahead_reads_the_callers_memory()
    {
        foreach (string name in HandMadeGraphs.Names)
        {
            foreach (Plan plan in Plans(HandMadeGraphs.Make(name, 2).Graph))
            {
                Assert.All(plan.Steps, step => Assert.True(
                    step.Kernel.ReadsExactly || step.Inputs.All(address => plan.Buffers[address.Buffer].Kind == BufferKind.Arena)));
            }
        }
    }

    // Planes of one pixel are packed, so that reading ahead in the last of them leaves its buffer, which is alone in the arena.
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(33)]
    public void The_arena_has_room_for_reading_ahead_in_its_last_plane(int channels)
    {
        var random = new Random(channels);
        foreach (int size in (int[])[1, 3])
        {
            ValueHandle x = new GraphBuilder().Input("x", new Shape(1, channels, 1, 1));
            Graph graph = x.Builder.Build(Convolve(random, x, 24, Window.Square(size, padding: size / 2), 1));
            AssertPlanAgrees(graph, new Dictionary<string, Tensor> { ["x"] = TestTensors.Random(random, x.Shape) });
            foreach (Plan plan in Plans(graph))
            {
                PlaneAddress[] read = [.. plan.Steps.Where(step => !step.Kernel.ReadsExactly).SelectMany(step => step.Inputs)];
                Assert.All(
                    read.Select(address => plan.Buffers[address.Buffer].Offset + address.Offset),
                    start => Assert.InRange(start + PlaneLayout.ReadAheadBytes, 0, plan.ArenaBytes));
            }
        }
    }

    [Fact]
    public void The_same_graph_gives_the_same_plan()
    {
        Graph graph = RandomGraphs.Make(7).Graph;
        Plan first = Plans(graph).First(), second = Plans(graph).First();
        Assert.Equal(first.ArenaBytes, second.ArenaBytes);
        Assert.Equal(first.Buffers, second.Buffers);
        Assert.Equal(first.Steps.Select(step => step.Name), second.Steps.Select(step => step.Name));
    }

    [Fact]
    public void Activations_beyond_the_limits_are_refused()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 8, 8));
        Graph graph = x.Builder.Build(x.Relu());
        ShapeException error = Assert.Throws<ShapeException>(
            () => Planner.Build(graph, [new Shape(1, 1, 50_000, 50_000)], Isas.Best, new PackedWeights()));
        Assert.Contains("1x1x50000x50000", error.Message, StringComparison.Ordinal);
    }

    private static void AssertPlanAgrees(Graph graph, Dictionary<string, Tensor> inputs)
    {
        IReadOnlyDictionary<string, Tensor> expected = ReferenceExecutor.Run(graph, inputs);
        foreach (Graph candidate in (Graph[])[graph, PassPipeline.Inference.Run(graph)])
        {
            foreach (Plan plan in Plans(candidate))
            {
                Dictionary<string, Tensor> actual = PlanRunner.Run(plan, candidate, inputs);
                Assert.Equal(expected.Keys, actual.Keys);
                foreach ((string name, Tensor tensor) in expected)
                {
                    Assert.Equal((tensor.Type, tensor.Shape), (actual[name].Type, actual[name].Shape));
                    if (tensor.Type != ElementType.Float32)
                    {
                        Assert.True(tensor.Bytes.SequenceEqual(actual[name].Bytes));
                        continue;
                    }

                    Assert.InRange(TestTensors.Difference(tensor, actual[name]), 0, Tolerance);
                    Assert.DoesNotContain(float.NaN, actual[name].Floats.ToArray());
                }
            }
        }
    }

    private static IEnumerable<Plan> Plans(Graph graph)
    {
        var weights = new PackedWeights();
        return Isas.Supported.Select(isa => Planner.Build(graph, [.. graph.Inputs.Select(input => input.DefaultShape)], isa, weights));
    }

    private static ValueHandle Convolve(Random random, ValueHandle x, int outputs, Window window, int groups) => x.Convolution(
        TestTensors.Random(random, new Shape(outputs, x.Shape[1] / groups, window.KernelHeight, window.KernelWidth)), null, window, groups);

    private static ValueHandle Dense(Random random, ValueHandle x, int outputs) =>
        x.FullyConnected(TestTensors.Random(random, new Shape(outputs, x.Shape[1])), null);
}
