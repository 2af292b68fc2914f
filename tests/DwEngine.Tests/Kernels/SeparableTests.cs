using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Depthwise convolutions that are computed together with the convolutions around them.</summary>
public class SeparableTests
{
    public static TheoryData<Isa> Supported => [.. Isas.Supported];

    [Theory]
    [MemberData(nameof(Supported))]
    public void The_bits_are_those_of_the_convolutions_one_by_one(Isa isa)
    {
        int row = KernelTable.Rows.IndexOf(KernelTable.Rows.Single(row => row.Name == "separable" && row.Isa == isa));
        KernelChecks.ForAll(row, TestSpeed.IsSlow ? 15 : 60, (subject, problem) =>
        {
            var separable = (SeparableCase)problem;
            float[] input = problem.MakeInput(), values = separable.Read(input, 0, separable.Sources);
            foreach (ConvolutionCase stage in separable.Stages)
            {
                ConvolutionProblem part = stage.NewProblem();
                float[] residual = stage.HasResidual ? separable.Read(input, separable.Sources.Count, separable.Outputs) : [];
                values = Run(
                    KernelTable.Select(isa, part).Bind(part, new PackedWeights()),
                    stage,
                    stage.HasResidual ? SeparableCase.Join(stage, values, residual) : values);
            }

            float[] together = Run(problem.Bind(subject, new PackedWeights()), problem, input);
            Assert.Equal(values.Select(BitHash.BitsOf), together.Select(BitHash.BitsOf));
        });
    }

    [Fact]
    public void Large_blocks_are_computed_together_and_small_ones_are_not()
    {
        Assert.Equal(["expand + weight + project", "output y"], StepsOf(Block(64, stride: 1), 64, threads: 1).Select(step => step.Name));
        Assert.Equal(["expand", "weight", "project", "output y"], StepsOf(Block(8, stride: 1), 8, threads: 1).Select(step => step.Name));
        // Of few rows, each worker would expand many that another has, too.
        Assert.Equal(4, StepsOf(Block(64, stride: 1), 64, threads: 12).Length);
        StepInfo joined = StepsOf(Block(64, stride: 1), 64, threads: 2)[0];
        Assert.Equal(["expand", "weight", "project"], joined.Nodes);
        Assert.Equal("separable", joined.Kernel);
        Assert.Equal(64L * 64 * 48 * (8 + 9 + 8), joined.MultiplyAdds);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)] // Its kernel computes in another order (Winograd).
    public void A_first_convolution_with_a_stride_is_computed_together_with_what_follows(int stride, bool isJoined)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 8, 128, 128));
        Tensor weights = TestTensors.Random(new Random(5), new Shape(32, 8, 3, 3));
        ValueHandle first = x.Convolution(weights, null, Window.Square(3, stride, 1), name: "first");
        StepInfo[] steps = StepsOf(x.Builder.Build(("y", Pointwise(Depthwise(first, 1, "weight"), 8, "project"))), 128, threads: 2);
        Assert.Equal(isJoined ? "first + weight + project" : "first", steps[0].Name);
    }

    [Fact]
    public void What_somebody_else_reads_is_computed_by_itself()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 8, 64, 64));
        ValueHandle expanded = Pointwise(x, 48, "expand"), weighted = Depthwise(expanded, 1, "weight");
        Graph twice = x.Builder.Build(("y", Pointwise(weighted, 8, "project")), ("z", expanded));
        Assert.Equal(
            ["expand", "weight + project", "output y", "output z"], StepsOf(twice, 64, threads: 1).Select(step => step.Name));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_session_gives_the_same_bits_whatever_it_is_cut_for(int stride)
    {
        Graph graph = Block(61, stride);
        float[] input = TestTensors.Random(new Random(7), new Shape(1, 8, 61, 61)).Floats.ToArray();
        using var model = new Model(graph);
        float[][] outputs = [.. new[] { 1, 2, 3, 4 }.Select(threads =>
        {
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            Assert.Contains(session.Steps, step => step.Kernel == "separable");
            float[] output = new float[session.OutputShape.ElementCount];
            session.Run(input, output);
            return output;
        })];
        Plan apart = Planner.Build(graph, [new Shape(1, 8, 61, 61)], Isas.Best, new PackedWeights(), workers: 50);
        Assert.DoesNotContain(apart.Steps, step => step.Kernel.Name == "separable");
        Assert.All(outputs, output => Assert.Equal(outputs[0], output));
        using Session alone = model.CreateSession(new SessionOptions { Threads = 50 });
        float[] expected = new float[outputs[0].Length];
        alone.Run(input, expected);
        Assert.Equal(expected, outputs[0]);
    }

    private static StepInfo[] StepsOf(Graph graph, int side, int threads)
    {
        using var model = new Model(graph);
        using Session session = model.CreateSession(new SessionOptions { Threads = threads, InputShape = new Shape(1, 8, side, side) });
        // The caller's memory may not be read ahead of.
        return [.. session.Steps.Where(step => step.Name != "stage input")];
    }

    // The inverted residual of MobileNet V2.
    private static Graph Block(int side, int stride)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 8, side, side));
        ValueHandle projected = Pointwise(Depthwise(Pointwise(x, 48, "expand"), stride, "weight"), 8, "project");
        return x.Builder.Build(("y", stride == 1 ? projected.Add(x) : projected));
    }

    private static ValueHandle Pointwise(ValueHandle x, int channels, string name) => x.Convolution(
        TestTensors.Random(new Random(channels), new Shape(channels, x.Shape[1], 1, 1)),
        TestTensors.Random(new Random(1), new Shape(channels)),
        Window.Square(1),
        name: name);

    private static ValueHandle Depthwise(ValueHandle x, int stride, string name) => x.Convolution(
        TestTensors.Random(new Random(3), new Shape(x.Shape[1], 1, 3, 3)), null, Window.Square(3, stride, 1), x.Shape[1], name: name);

    private static float[] Run(BoundKernel kernel, KernelCase problem, float[] input)
    {
        using var memory = new ScatteredMemory(problem, kernel, input, 1, new Random(problem.Seed));
        kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
        GC.KeepAlive(kernel);
        return memory.ReadOutputs();
    }
}
