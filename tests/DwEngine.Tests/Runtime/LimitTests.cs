using DwEngine.Fuzz.Graphs;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Runtime;
using DwEngine.Simd;
using DwEngine.Tensors;
using DwEngine.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace DwEngine.Tests.Runtime;

/// <summary>Sizes at the edges: right within little memory, or refused by an error that names the node.</summary>
public class LimitTests
{
    private const int Far = (1 << 28) - 1;
    private const long LittleMemory = 24 << 20;

    // Windows whose taps fall on padding for the most part, or that need much scratch for little work, each with the height and width of
    // its input.
    private static readonly (Window Window, int Height, int Width)[] s_farWindows =
    [
        (new Window(2, 1, PadBottom: Far, DilationY: Far), 1, 4),
        (new Window(1, 2, PadRight: Far, DilationX: Far), 4, 1),
        (new Window(2, 2, PadBottom: int.MaxValue, PadRight: int.MaxValue, DilationY: int.MaxValue, DilationX: int.MaxValue), 1, 1),
        (new Window(3, 3, PadBottom: 2_000_000_000, PadRight: 2_000_000_000, DilationY: 1_000_000_000, DilationX: 1_000_000_000), 5, 7),
        (new Window(950, 940, PadTop: 949, PadLeft: 939, PadBottom: 949, PadRight: 939), 9, 4),
        (new Window(1, 1, int.MaxValue, int.MaxValue), 9, 4),
        (new Window(2, 2, int.MaxValue, int.MaxValue, PadBottom: int.MaxValue, PadRight: int.MaxValue, DilationY: int.MaxValue,
            DilationX: int.MaxValue), 1, 1),
        (new Window(1, 1024, PadLeft: 511, PadRight: 512), 1, 70_000),
    ];

    public static TheoryData<int, string> FarWindows
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < s_farWindows.Length; i++)
            {
                data.Add(i, s_farWindows[i].Window.ToString());
            }

            return data;
        }
    }

    [Fact]
    public void Random_graphs_with_extreme_windows_compute_what_their_layers_compute()
    {
        Gen<int> seeds = Gen.Choose(0, int.MaxValue);
        Check.One(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(TestSpeed.IsSlow ? 20 : 150),
            Prop.ForAll(Arb.From(seeds), seed =>
        {
            (Graph graph, Tensor input) = ExtremeGraphs.Make(seed);
            ExtremeGraphs.Check(graph, input, threads: 1 + (seed & 1));
        }));
    }

    [Theory]
    [MemberData(nameof(FarWindows))]
    public void Max_pooling_by_a_far_window_takes_the_pixels_that_it_sees(int index, string window) =>
        AssertLayer(index, window, (x, shape) => x.MaxPool(shape), pixels => pixels.Max());

    [Theory]
    [MemberData(nameof(FarWindows))]
    public void Average_pooling_by_a_far_window_takes_the_pixels_that_it_sees(int index, string window) =>
        AssertLayer(index, window, (x, shape) => x.AveragePool(shape, countIncludePad: false), pixels => pixels.Average());

    [Fact]
    public void Padding_that_a_mean_counts_may_be_as_wide_as_numbers_go()
    {
        var window = new Window(3, 1, PadTop: int.MaxValue - 4, PadBottom: int.MaxValue - 3, DilationY: int.MaxValue - 2);
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 6, 4));
        float[] input = [.. Enumerable.Range(1, 24).Select(i => (float)i)];
        using var model = new Model(x.Builder.Build(x.AveragePool(window)));
        using Session session = model.CreateSession();

        // The middle tap sees the pixel two rows below; the other two see padding.
        float[] expected = [.. input[8..20].Select(value => value / 3)];
        Assert.All(TestModels.Compute(session, input).Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
        Assert.Equal(expected.Length, (int)session.OutputShape.ElementCount);
    }

    [Theory]
    [MemberData(nameof(FarWindows))]
    public void A_depthwise_convolution_with_a_far_window_adds_the_pixels_that_it_sees(int index, string window) =>
        AssertLayer(index, window, (x, shape) => x.Convolution(Ones(2, 1, shape), null, shape, groups: 2), pixels => pixels.Sum());

    [Theory]
    [MemberData(nameof(FarWindows))]
    public void A_general_convolution_with_a_far_window_adds_the_pixels_that_it_sees(int index, string window) =>
        AssertLayer(index, window, (x, shape) => x.Convolution(Ones(2, 2, shape), null, shape), pixels => pixels.Sum(),
            channelsAreAdded: true);

    [Fact]
    public void A_convolution_that_is_pooled_is_computed_apart_from_the_pooling_where_its_rows_are_too_wide()
    {
        var random = new Random(4);
        var window = new Window(1, 101, PadLeft: 50, PadRight: 50);
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 2, 1, 40_000));
        x = x.Convolution(TestTensors.Random(random, new Shape(3, 2, 1, 101), -0.1f, 0.1f), null, window, name: "stem").MaxPool(
            Window.Square(3, stride: 2, padding: 1));
        Graph graph = x.Builder.Build(x);
        Tensor input = TestTensors.Random(random, graph.Inputs[0].DefaultShape);
        ExtremeGraphs.Check(graph, input, threads: 2);
        using Session session = new Model(graph).CreateSession();
        Assert.Equal(["general", "max-pool-3x3-s2"], session.Steps.Take(2).Select(step => step.Kernel));
        Assert.Equal([new Shape(1, 3, 1, 40_000), new Shape(1, 3, 1, 20_000)], session.Steps.Take(2).Select(step => step.OutputShape));
        Assert.All(session.Steps.Take(2), step => Assert.Equal("stem", step.Name));
    }

    [Theory]
    [InlineData("a span holds at most", 1, 50_000, 50_000)]
    [InlineData("2147450880 elements", 1, 32_768, 65_535)]
    [InlineData("8388608 planes", 1 << 23, 1, 1)]
    [InlineData("bytes of memory", 1, 32_768, 65_000)]
    public void Inputs_that_are_too_large_are_refused(string problem, int channels, int height, int width)
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, channels, 8, 8));
        // Terabytes for the largest. Each is another, so that none is left out.
        ValueHandle[] copies = [.. Enumerable.Range(2, channels > 1 ? 1 : 200).Select(alpha => x.LeakyRelu(alpha))];
        x = x.Builder.Concat(copies).GlobalAveragePool();
        var model = new Model(x.Builder.Build(x));
        ShapeException error = Assert.Throws<ShapeException>(
            () => model.CreateSession(new SessionOptions { InputShape = new Shape(1, channels, height, width) }));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_activation_that_is_too_large_names_its_node()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 2, 2));
        x = x.MaxPool(new Window(1, 1), name: "small").Convolution(
            Ones(1, 1, new Window(1, 1)), null, new Window(1, 1, PadTop: 50_000, PadLeft: 50_000), name: "large").GlobalAveragePool();
        Model model = new(x.Builder.Build(x));
        Assert.Contains("'large'", Assert.Throws<ShapeException>(() => model.CreateSession()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Positions_that_see_only_padding_are_found_wherever_they_are()
    {
        var random = new Random(8);
        for (int i = 0; i < 20_000; i++)
        {
            int length = 1 + random.Next(6), kernel = 1 + random.Next(5), stride = 1 + random.Next(9), dilation = 1 + random.Next(9);
            var window = new Window(kernel, 1, stride, 1, PadTop: random.Next(30), PadBottom: random.Next(30), DilationY: dilation);
            int outputs = window.OutputHeight(length);
            bool isSeen = outputs > 0 && Enumerable.Range(0, outputs).All(o => Enumerable.Range(0, kernel).Any(k =>
                (o * stride) + (k * dilation) - window.PadTop is var row && row >= 0 && row < length));
            Exception? error = Record.Exception(() => new MaxPool(window).InferShapes([new Shape(1, 1, length, 1)]));
            Assert.Equal(isSeen, error is null);
        }
    }

    [Fact]
    public void More_multiply_adds_than_can_be_counted_are_told()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 1, 8, 8));
        var window = new Window(256, 256, PadTop: 200, PadLeft: 200, PadBottom: 200, PadRight: 200);
        Graph graph = x.Builder.Build(x.Convolution(Ones(64, 1, window), null, window, name: "wide"));
        GraphFacts shapes = graph.Infer(new Shape(1, 1, int.MaxValue - 400, 100_000));
        Assert.Contains("'wide'", Assert.Throws<ShapeException>(() => shapes.TotalMultiplyAdds).Message, StringComparison.Ordinal);
    }

    // Two channels of counting pixels; one layer; the naive truth over the pixels that each position sees.
    private static void AssertLayer(
        int index, string text, Func<ValueHandle, Window, ValueHandle> layer, Func<IEnumerable<double>, double> reduce,
        bool channelsAreAdded = false)
    {
        (Window window, int height, int width) = s_farWindows[index];
        Assert.Equal(text, window.ToString());
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 2, height, width));
        x = layer(x, window);
        float[] input = [.. Enumerable.Range(0, 2 * height * width).Select(i => (float)(i % 97))];
        float[] output = new float[x.Shape.ElementCount];
        var model = new Model(x.Builder.Build(x));
        (int outputHeight, int outputWidth) = (x.Shape[2], x.Shape[3]);
        int[] positions = [0, outputHeight * outputWidth / 2, (outputHeight * outputWidth) - 1];
        foreach (Isa isa in Isas.Supported)
        {
            using Session session = model.CreateSession(new SessionOptions { Isa = isa, Threads = 2 });
            Assert.InRange(session.ArenaBytes, 0, LittleMemory + (16L * sizeof(float) * output.Length));
            session.Run(input, output);
            foreach (int position in positions)
            {
                double[] seen = [.. Seen(window, position / outputWidth, position % outputWidth, height, width)];
                double[] expected = [.. Enumerable.Range(0, 2).Select(channel =>
                    channelsAreAdded ? reduce(seen.Select(At(0))) + reduce(seen.Select(At(1))) : reduce(seen.Select(At(channel))))];
                for (int channel = 0; channel < 2; channel++)
                {
                    Assert.Equal(expected[channel], output[(channel * outputHeight * outputWidth) + position],
                        1e-5 * Math.Max(1, Math.Abs(expected[channel])));
                }
            }
        }

        Func<double, double> At(int channel) => pixel => input[(channel * height * width) + (int)pixel];
    }

    // The pixels of a plane that a position sees.
    private static IEnumerable<double> Seen(Window window, int row, int column, int height, int width) =>
        from ky in Enumerable.Range(0, window.KernelHeight)
        let y = ((long)row * window.StrideY) + ((long)ky * window.DilationY) - window.PadTop
        where y >= 0 && y < height
        from kx in Enumerable.Range(0, window.KernelWidth)
        let x = ((long)column * window.StrideX) + ((long)kx * window.DilationX) - window.PadLeft
        where x >= 0 && x < width
        select (double)((y * width) + x);

    private static Tensor Ones(int outputs, int inputs, Window window) =>
        TestTensors.Random(new Random(1), new Shape(outputs, inputs, window.KernelHeight, window.KernelWidth), 1, 1);
}
