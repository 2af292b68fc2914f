using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Kernels.Convolutions;
using DwEngine.Passes;
using DwEngine.Planning;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using DwEngine.Tests.Kernels.Cases;
using DwEngine.Tests.Planning;
using Xunit;

namespace DwEngine.Tests.Kernels;

/// <summary>Which convolutions take Winograd's forms, how exact these are, and how plans run them.</summary>
public class WinogradTests
{
    private static readonly Window s_window = Window.Square(3, padding: 1);

    [Theory]
    [InlineData(64, 64, 56, 4)]
    [InlineData(16, 64, 55, 4)]
    [InlineData(24, 24, 28, 4)]
    [InlineData(48, 48, 14, 4)]
    [InlineData(48, 192, 13, 4)]
    [InlineData(512, 512, 14, 4)]
    [InlineData(96, 96, 7, 2)]
    [InlineData(512, 512, 7, 2)]
    [InlineData(64, 64, 512, 4)]
    [InlineData(3, 64, 224, 0)]
    [InlineData(64, 8, 56, 0)]
    [InlineData(16, 64, 9, 0)]
    [InlineData(96, 96, 5, 0)]
    [InlineData(8192, 8192, 14, 0)]
    [InlineData(64, 64, 8192, 0)]
    // 341 x 341 tiles are the most whose factors are few enough.
    [InlineData(16, 16, 1364, 4)]
    [InlineData(16, 16, 1366, 0)]
    public void The_form_follows_from_the_shapes(int inputs, int outputs, int side, int expected) =>
        Assert.Equal(expected, WinogradChoice.OutputsFor(new ConvolutionGeometry(inputs, outputs, 1, side, side, s_window)));

    [Fact]
    public void Other_windows_and_groups_take_none()
    {
        Assert.Equal(4, Form(1, s_window));
        Assert.Equal(4, Form(1, new Window(3, 3, 1, 1, 3, 0, 1, 2)));
        Assert.Equal(0, Form(2, s_window));
        Assert.Equal(0, Form(1, Window.Square(3, stride: 2, padding: 1)));
        Assert.Equal(0, Form(1, Window.Square(5, padding: 2)));
        Assert.Equal(0, Form(1, new Window(3, 1, 1, 1)));
        Assert.Equal(0, Form(1, new Window(3, 3, 1, 2)));
        Assert.Equal(0, Form(1, s_window with { DilationX = 2 }));

        static int Form(int groups, Window window) =>
            WinogradChoice.OutputsFor(new ConvolutionGeometry(64, 64, groups, 28, 28, window));
    }

    // Were another kernel chosen on another instruction set, the bits would depend on the machine.
    [Fact]
    public void Every_instruction_set_takes_the_same_form() => LayerAgreement.ForAll(300, random =>
    {
        var geometry = new ConvolutionGeometry(
            random.Next(1, 40), random.Next(1, 40), 1, random.Next(1, 40), random.Next(1, 40), s_window);
        ConvolutionProblem problem = new ConvolutionCase(1, geometry, HasBias: true, Clamp.None) { Seed = random.Next() }.NewProblem();
        int form = WinogradChoice.OutputsFor(geometry);
        foreach (Isa isa in Enum.GetValues<Isa>())
        {
            string name = KernelTable.Select(isa, problem).Name;
            Assert.Equal(form == 0, !name.StartsWith("winograd", StringComparison.Ordinal));
            Assert.True(form == 0 || name == $"winograd-{form}", $"{isa} takes {name}.");
        }
    });

    // The rule takes the larger form wherever it is faster, because its errors stay this small. They grow as the root of the roundings that
    // a result goes through, C + 15, as those of other sums do. In units of the rounding times that root, beside the outputs' root mean
    // square, eleven sizes from 16 to 512 channels, 80 draws of each (25 above 200 channels), had root mean squares of 2.7 to 3.57 by
    // F(4, 3) and 0.45 to 0.54 by F(2, 3), and single errors of up to 93 and 3.7; the limits are an eighth to a third above.
    [Theory]
    [InlineData(16, 16)]
    [InlineData(17, 15)]
    [InlineData(64, 14)]
    [InlineData(256, 14)]
    [InlineData(24, 7)]
    [InlineData(96, 8)]
    [InlineData(512, 7)]
    public void Errors_are_small_beside_the_outputs(int channels, int side)
    {
        double unit = Math.Sqrt(channels + 15) / (1 << 24);
        for (int seed = 0; seed < (TestSpeed.IsSlow ? 1 : 4); seed++)
        {
            var geometry = new ConvolutionGeometry(channels, 24, 1, side, side, s_window);
            var problem = new ConvolutionCase(1, geometry, HasBias: true, Clamp.None) { Seed = seed };
            float[] input = problem.MakeInput();
            double[] exact = Exact(problem.NewProblem(), input);
            double size = Math.Sqrt(exact.Average(value => value * value));
            foreach (Isa isa in Isas.Supported)
            {
                KernelRow row = KernelTable.Select(isa, problem.NewProblem());
                Assert.StartsWith("winograd", row.Name, StringComparison.Ordinal);
                BoundKernel kernel = problem.Bind(row, new PackedWeights());
                using var memory = new ScatteredMemory(problem, kernel, input, 1, new Random(1));
                kernel.Run(memory.Arguments(0), 0, kernel.TaskCount);
                GC.KeepAlive(kernel);
                double[] errors = [.. memory.ReadOutputs().Select((value, i) => Math.Abs(value - exact[i]) / size / unit)];
                (double typical, double largest) = row.Name == "winograd-4" ? (4, 120) : (0.6, 5);
                Assert.InRange(Math.Sqrt(errors.Average(error => error * error)), 0, typical);
                Assert.InRange(errors.Max(), 0, largest);
            }
        }
    }

    // More tiles than are transformed in one strip, two images, a residual and an activation that is not a clamp.
    [Theory]
    [InlineData(70, 67)]
    [InlineData(9, 530)]
    [InlineData(7, 8)]
    public void A_layer_agrees_with_its_reference_and_with_itself_on_any_number_of_threads(int height, int width)
    {
        var random = new Random(width);
        var shape = new Shape(2, 24, height, width);
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", shape);
        Tensor weights = TestTensors.Random(random, new Shape(24, 24, 3, 3)), bias = TestTensors.Random(random, new Shape(24));
        Graph graph = PassPipeline.Inference.Run(builder.Build(x.Convolution(weights, bias, s_window).Add(x).HardSwish()));
        Assert.True(Assert.IsType<Convolution>(Assert.Single(graph.Nodes).Layer).HasResidual);
        Tensor input = TestTensors.Random(random, shape);
        LayerAgreement.AssertAgrees(graph, input, 2e-5);

        using var model = new Model(graph);
        float[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using Session session = model.CreateSession(new SessionOptions { Threads = threads });
            float[] output = new float[shape.ElementCount];
            session.Run(input.Floats, output);
            Assert.Equal(expected ??= output, output);
        }
    }

    [Fact]
    public void The_input_is_transformed_in_a_step_of_its_own_which_costs_nothing_by_definition()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(1, 24, 28, 28));
        Graph graph = builder.Build(x.Convolution(TestTensors.Random(new Random(1), new Shape(32, 24, 3, 3)), null, s_window));
        using var model = new Model(graph);
        using Session session = model.CreateSession();
        Assert.Equal(["winograd-4-input", "winograd-4", "copy"], session.Steps.Select(step => step.Kernel));
        Assert.Equal([0, 28 * 28 * 9 * 24 * 32, 0], session.Steps.Select(step => step.MultiplyAdds));
        Assert.InRange(session.Steps[1].PaddedWork!.Value, (36.0 / 144) - 1, -0.5);
        Assert.Null(session.Steps[0].PaddedWork);
        // The transformed weights, and no others.
        Assert.InRange(model.PackedWeightBytes, 36 * 24 * 32 * sizeof(float), 36 * 26 * 32 * sizeof(float));
    }

    [Fact]
    public void What_the_input_is_transformed_into_lies_in_the_arena_and_is_bounded()
    {
        var builder = new GraphBuilder();
        ValueHandle x = builder.Input("x", new Shape(3, 24, 40, 40));
        Tensor weights = TestTensors.Random(new Random(1), new Shape(16, 24, 3, 3));
        Graph graph = builder.Build(x.Convolution(weights, null, s_window, name: "wide"));
        Plan plan = Planner.Build(graph, [new Shape(3, 24, 40, 40)], Isas.Best, new PackedWeights());
        Assert.Equal("winograd-4", plan.Steps[1].Kernel.Name);
        // Three images of 100 tiles with 36 factors for each channel, and the outputs, which the caller's memory gets later.
        Assert.InRange(plan.ArenaBytes, 3L * sizeof(float) * ((36 * 24 * 100) + (16 * 1600)), long.MaxValue);

        // Hundreds of gigabytes, of which the scratch of a worker is little.
        ShapeException error = Assert.Throws<ShapeException>(
            () => Planner.Build(graph, [new Shape(20_000, 24, 512, 512)], Isas.Best, new PackedWeights()));
        Assert.Contains("'wide'", error.Message, StringComparison.Ordinal);
        Assert.Contains("bytes of memory", error.Message, StringComparison.Ordinal);
    }

    // A tile of a single row or column saves nothing.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Lines_take_none(int side)
    {
        int expected = side == 1 ? 0 : 4;
        Assert.Equal(expected, WinogradChoice.OutputsFor(new ConvolutionGeometry(64, 64, 1, side, 1000, s_window)));
        Assert.Equal(expected, WinogradChoice.OutputsFor(new ConvolutionGeometry(64, 64, 1, 1000, side, s_window)));
    }

    // A row of tiles four outputs high takes as much memory where only two are computed.
    [Theory]
    [InlineData(2, 100_000, 4)]
    [InlineData(2, 500_000, 0)]
    [InlineData(500_000, 2, 0)]
    [InlineData(4, 400_000, 4)]
    public void Memory_is_counted_in_whole_tiles(int height, int width, int expected) => Assert.Equal(
        expected, WinogradChoice.OutputsFor(new ConvolutionGeometry(16, 16, 1, height, width, s_window)));

    private static double[] Exact(ConvolutionProblem problem, ReadOnlySpan<float> input)
    {
        ConvolutionGeometry g = problem.Geometry;
        ReadOnlySpan<float> weights = problem.Weights.Floats, bias = problem.Bias!.Floats;
        double[] sums = new double[g.OutputChannels * g.OutputHeight * g.OutputWidth];
        for (int i = 0; i < sums.Length; i++)
        {
            int x = i % g.OutputWidth, y = i / g.OutputWidth % g.OutputHeight, channel = i / g.OutputWidth / g.OutputHeight;
            sums[i] = bias[channel];
            for (int k = 0; k < 9 * g.InputChannels; k++)
            {
                int row = y + (k % 9 / 3) - 1, column = x + (k % 3) - 1;
                bool exists = row >= 0 && row < g.InputHeight && column >= 0 && column < g.InputWidth;
                sums[i] += exists
                    ? (double)weights[(channel * 9 * g.InputChannels) + k]
                        * input[(((k / 9 * g.InputHeight) + row) * g.InputWidth) + column]
                    : 0;
            }
        }

        return sums;
    }
}
