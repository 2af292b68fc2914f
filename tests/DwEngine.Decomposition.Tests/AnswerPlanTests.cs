using System.Collections.Concurrent;
using DwEngine.Decomposition.Calibration;
using DwEngine.Graphs;
using DwEngine.Graphs.Layers;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;
using Xunit;

namespace DwEngine.Decomposition.Tests;

/// <summary>Ranks that are chosen by what they do to the network's outputs.</summary>
public class AnswerPlanTests
{
    private const double Speedup = 1.5;

    // Two layers of the same geometry see the same image. The answer hardly heeds the one whose singular values say more.
    private static readonly Graph s_graph = TwoBranches();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_layer_that_the_answer_heeds_gets_the_filters()
    {
        Dictionary<string, int> byAnswer = Ranks(new DecompositionOptions());
        Dictionary<string, int> byWeights = Ranks(new DecompositionOptions { Criterion = RankCriterion.SingularValues });

        Assert.True(byAnswer["heeded"] > byAnswer["ignored"], Text(byAnswer));
        Assert.True(byWeights["heeded"] < byWeights["ignored"], Text(byWeights));
        Assert.True(ErrorOf(byAnswer) < ErrorOf(byWeights));
    }

    [Fact]
    public void Without_images_the_singular_values_decide()
    {
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            s_graph, new DecompositionOptions { TargetSpeedup = Speedup }, cancellation: Token);

        Assert.Equal(Ranks(new DecompositionOptions { Criterion = RankCriterion.SingularValues }), RanksOf(result));
        Assert.Contains("calibration images", Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            s_graph, new DecompositionOptions { TargetSpeedup = Speedup, Criterion = RankCriterion.Answer }, cancellation: Token)).Message);
    }

    [Theory]
    [InlineData("svd")]
    [InlineData("channel")]
    [InlineData("joint")]
    public void The_target_is_met_and_threads_change_nothing(string method)
    {
        NetworkDecomposition[] results =
        [
            .. new[] { 1, 2, 3 }.Select(threads => Decompose(
                new DecompositionOptions { Method = method, Calibration = new CalibrationOptions { Threads = threads } })),
        ];

        Assert.All(results, result =>
        {
            Assert.True(result.MultiplyAddsAfter * Speedup <= result.MultiplyAddsBefore);
            Assert.Equal(GraphIdentity.ComputeHash(results[0].Graph), GraphIdentity.ComputeHash(result.Graph));
        });
    }

    [Fact]
    public void The_largest_rank_is_a_limit()
    {
        Assert.All(Ranks(new DecompositionOptions { LargestRank = 1 }).Values, rank => Assert.InRange(rank, 0, 1));
        Assert.All(Ranks(new DecompositionOptions()).Values, rank => Assert.InRange(rank, 0, DecompositionOptions.RanksByAnswer));
        Assert.Throws<DecompositionException>(() => Ranks(new DecompositionOptions { LargestRank = 0 }));
    }

    [Fact]
    public void Each_layer_whose_ranks_were_tried_is_told()
    {
        var told = new Told();
        Decompose(new DecompositionOptions { PlanningProgress = told });
        Assert.Equal(["heeded", "ignored"], told.Names.Order());
    }

    [Fact]
    public void Errors_are_those_of_the_outputs_relative_to_their_variance()
    {
        DecompositionOptions options = Options(new DecompositionOptions());
        DecompositionSite[] sites = [.. DecompositionSite.Find(s_graph).Where(site => !site.ReadsNetworkInput)];
        var errors = new AnswerErrors(s_graph, [DecompositionMethods.Find("svd")], options, sites, Token);
        LayerChoice[] choices = [.. Enumerable.Range(1, 4).Select(rank => new LayerChoice(rank, "svd"))];
        IReadOnlyList<double> first = errors.ErrorsOf(sites[0], choices), second = errors.ErrorsOf(sites[1], choices[..2]);

        Assert.InRange(first[3], 0, 1e-9);
        Assert.True(first[0] > first[1] && first[1] > first[3]);
        Assert.Equal(first[1], errors.ErrorOf([(sites[0], choices[1]), (sites[1], default)]));
        NetworkDecomposition decomposed = NetworkDecomposer.Decompose(
            s_graph,
            DecompositionMethods.Find("svd"),
            new DecompositionOptions { Rank = 2, Layers = name => name == sites[1].Name },
            null,
            Token);
        Assert.Equal(Error(decomposed.Graph), second[1], 1e-6);
    }

    [Theory]
    [InlineData(100, null, 3)]
    [InlineData(1000, 4, 3)]
    [InlineData(1000, null, 0)]
    public void Where_a_layer_has_few_positions_the_answer_is_measured_on_images_apart_from_the_fit(
        int positions, int? positionsPerImage, int apart)
    {
        var images = new RecordedImages(new RandomImages(12));
        DecompositionOptions options = Options(new DecompositionOptions()) with
        {
            Images = images,
            Calibration = new CalibrationOptions { PositionsPerLayer = positions, PositionsPerImage = positionsPerImage },
        };
        DecompositionSite[] sites = [.. DecompositionSite.Find(s_graph).Where(site => !site.ReadsNetworkInput)];
        var errors = new AnswerErrors(s_graph, [DecompositionMethods.Find("gsvd")], options, sites, Token);
        int[] measured = images.Take();
        errors.ErrorsOf(sites[0], [new LayerChoice(1, "gsvd")]);

        Assert.Equal(Enumerable.Range(0, apart == 0 ? 12 : apart), measured);
        Assert.Equal(Enumerable.Range(apart, 12 - apart), images.Take());
    }

    [Fact]
    public void An_output_that_never_changes_says_nothing_of_ranks()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        Tensor none = Tensor.FromFloats(new Shape(1), [0]);
        ValueHandle y = Layer(Layer(x, "stem", 3, 1).Relu(), "layer", 4, 2).Multiply(x.Builder.Constant(none));
        DecompositionException error = Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            x.Builder.Build(y), Options(new DecompositionOptions()), cancellation: Token));
        Assert.Contains("singular values", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_network_of_a_frontier_beats_another_and_threads_change_nothing()
    {
        NetworkFrontier[] frontiers = [.. new[] { 1, 3 }.Select(threads => Frontier(FrontierOptionsOf(threads)))];

        NetworkFrontier frontier = frontiers[0];
        Assert.True(frontier.Points.Length >= 3, $"{frontier.Points.Length} networks");
        Assert.All(frontier.Points.Zip(frontier.Points.Skip(1)), pair =>
        {
            Assert.True(pair.First.Decomposition.MultiplyAddsAfter < pair.Second.Decomposition.MultiplyAddsAfter);
            Assert.True(pair.First.AnswerError > pair.Second.AnswerError);
        });
        Assert.All(
            frontier.Others,
            other => Assert.Contains(frontier.Points, point => point.AnswerError <= other.AnswerError
                && point.Decomposition.MultiplyAddsAfter <= other.Decomposition.MultiplyAddsAfter));
        Assert.Equal(
            [FrontierKind.OneRank, FrontierKind.SingularValues], frontier.Others.Select(other => other.Kind).Distinct().Order().Reverse());
        Assert.Equal(
            frontier.Points.Select(point => GraphIdentity.ComputeHash(point.Decomposition.Graph)),
            frontiers[1].Points.Select(point => GraphIdentity.ComputeHash(point.Decomposition.Graph)));
    }

    [Fact]
    public void Where_time_counts_no_network_is_both_faster_and_nearer_than_another()
    {
        // Depthwise convolutions take long for their multiply-adds, as they do on any CPU.
        static double Time(Graph graph)
        {
            GraphFacts facts = graph.Infer();
            return graph.Nodes.Sum(node => facts.MultiplyAdds(node) * (node.Layer is Convolution { Groups: > 1 } ? 6.0 : 1));
        }

        NetworkFrontier Find(Func<Graph, Graph, (double, double)>? compare) => FrontierFinder.Find(
            s_graph, FrontierOptionsOf(threads: 2) with { Method = null }, new FrontierOptions { Points = 6 }, compare,
            mustBeWritable: false, progress: null, Token);

        NetworkFrontier byTime = Find((before, after) => (Time(before), Time(after))), byMultiplyAdds = Find(null);
        FrontierPoint[] all = [.. byTime.Points, .. byTime.Others];
        Assert.True(byTime.Points.Length >= 3, $"{byTime.Points.Length} networks");
        Assert.All(all, point => Assert.Equal(Time(point.Decomposition.Graph) / Time(s_graph), point.RelativeTime!.Value, 1e-12));
        Assert.All(byTime.Points, point =>
        {
            Assert.True(point.RelativeTime < 1);
            Assert.DoesNotContain(
                all, other => other.RelativeTime < point.RelativeTime && other.AnswerError <= point.AnswerError);
        });
        Assert.Equal(byTime.Points.OrderBy(point => point.RelativeTime), byTime.Points);

        Assert.All(byMultiplyAdds.Points, point => Assert.Null(point.RelativeTime));
        Assert.Contains(byMultiplyAdds.Points, point => byTime.Points.Any(other =>
            other.AnswerError < point.AnswerError && other.RelativeTime < Time(point.Decomposition.Graph) / Time(s_graph)));

        DecompositionException error = Assert.Throws<DecompositionException>(() => Find((_, _) => (1, 2)));
        Assert.Contains("faster", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_of_a_frontier_is_the_one_of_its_ranks_and_has_their_error()
    {
        DecompositionOptions options = FrontierOptionsOf(threads: 2);
        FrontierPoint point = Frontier(options).Points[1];
        NetworkDecomposition again = NetworkDecomposer.Decompose(s_graph, options with { Choices = point.Choices }, cancellation: Token);

        Assert.Equal(GraphIdentity.ComputeHash(point.Decomposition.Graph), GraphIdentity.ComputeHash(again.Graph));
        Assert.Equal(Error(again.Graph), point.AnswerError, 1e-6);
        Assert.Equal(
            point.Choices.Count(layer => layer.Value.Rank > 0),
            again.Layers.Count(layer => layer.Decision == LayerDecision.Decomposed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_layer_gets_the_kind_of_pair_that_the_answer_prefers(int threads)
    {
        // One layer has a single direction of outputs, the other one filter for each channel: for each a kind of rank 1 is exact.
        float[] Weights(Func<int, int, int, double> of) =>
            [.. Enumerable.Range(0, 8 * 8 * 9).Select(i => (float)of(i / 72, i / 9 % 8, i % 9))];
        Tensor mixed = Tensor.FromFloats(new Shape(8, 8, 3, 3), Weights((o, i, t) => (1 + Math.Sin(o)) * Math.Cos((9 * i) + t)));
        Tensor filtered = Tensor.FromFloats(new Shape(8, 8, 3, 3), Weights((o, i, t) => Math.Sin((3 * o) + i) * Math.Cos(i + (2 * t))));
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        Tensor stem = Tensor.FromFloats(new Shape(8, 3, 3, 3), [.. Enumerable.Range(0, 216).Select(i => (float)Math.Sin(7 * i))]);
        ValueHandle y = x.Convolution(stem, null, Window.Square(3, padding: 1), name: "stem").Relu()
            .Convolution(mixed, null, Window.Square(3, padding: 1), name: "mixed").Relu()
            .Convolution(filtered, null, Window.Square(3, padding: 1), name: "filtered").Relu();
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            x.Builder.Build(y),
            FrontierOptionsOf(threads) with { Method = null, TargetSpeedup = 2.5 },
            cancellation: Token);

        Assert.Equal(
            [("mixed", "channel-asymmetric", 1), ("filtered", "joint", 1)],
            result.Layers.Where(layer => layer.Decision == LayerDecision.Decomposed)
                .Select(layer => (layer.Name, layer.Method, layer.Rank)));
        Assert.All(result.Layers.Skip(1), layer => Assert.InRange(layer.ResponseError!.Value, 0, 1e-6));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(12, false)]
    public void Whether_images_hardly_determine_a_layer_is_told(int images, bool isTold)
    {
        // 64 positions of an image, 36 inputs of a layer.
        NetworkFrontier frontier = Frontier(FrontierOptionsOf(threads: 2) with { Images = new RandomImages(images) });
        Assert.Equal(isTold, frontier.HasFewPositions);
    }

    [Fact]
    public void Methods_that_want_different_data_are_refused()
    {
        var choices = new Dictionary<string, LayerChoice> { ["heeded"] = new(1, "joint"), ["ignored"] = new(1, "gsvd") };
        DecompositionException error = Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            s_graph, new DecompositionOptions { Choices = choices, Images = new RandomImages(12) }, cancellation: Token));
        Assert.Contains("different data", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranks_leave_alone_what_they_do_not_name()
    {
        var choices = new Dictionary<string, LayerChoice> { ["heeded"] = new(2, "svd"), ["ignored"] = default };
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            s_graph, new DecompositionOptions { Choices = choices }, cancellation: Token);

        Assert.Equal(
            [("stem", 0), ("heeded", 2), ("ignored", 0)],
            result.Layers.Select(layer => (layer.Name, layer.Decision == LayerDecision.Decomposed ? layer.Rank : 0)));
    }

    [Fact]
    public void What_has_no_meaning_for_a_frontier_is_refused()
    {
        DecompositionOptions options = FrontierOptionsOf(threads: 1);
        var choices = new Dictionary<string, LayerChoice> { ["heeded"] = new(1) };
        Assert.Throws<DecompositionException>(() => Frontier(options with { Images = null }));
        Assert.Throws<DecompositionException>(() => Frontier(options with { TargetSpeedup = 2 }));
        Assert.Throws<DecompositionException>(() => Frontier(options with { MaxError = 0.1 }));
        Assert.Throws<DecompositionException>(() => Frontier(options with { Choices = choices }));
        Assert.Throws<DecompositionException>(() => Frontier(options with { Layers = _ => false }));
        Assert.Throws<DecompositionException>(() => Frontier(options, points: 1));
        Assert.Throws<DecompositionException>(() => Decompose(options with { Choices = choices }));
        Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            s_graph,
            new DecompositionOptions { Choices = new Dictionary<string, LayerChoice> { ["heeded"] = new(-1) } },
            cancellation: Token));
        foreach (string name in new[] { "unknown", "stem" })
        {
            DecompositionException error = Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
                s_graph,
                new DecompositionOptions { Choices = new Dictionary<string, LayerChoice> { [name] = new(1) } },
                cancellation: Token));
            Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_network_that_no_rank_makes_cheaper_has_no_frontier()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        ValueHandle stem = Layer(x, "stem", 3, 1).Relu();
        // One output: 9 multiply-adds for each input, and 10 of a pair.
        Tensor weights = Tensor.FromFloats(new Shape(1, 4, 3, 3), [.. Enumerable.Range(0, 36).Select(i => (float)Math.Sin(i))]);
        Graph graph = x.Builder.Build(stem.Convolution(weights, null, Window.Square(3, padding: 1), name: "last"));

        DecompositionException error = Assert.Throws<DecompositionException>(
            () => NetworkDecomposer.Frontier(graph, FrontierOptionsOf(threads: 1), cancellation: Token));
        Assert.Contains("cheaper", error.Message, StringComparison.Ordinal);
    }

    private static DecompositionOptions FrontierOptionsOf(int threads) => new()
    {
        Method = "joint",
        Images = new RandomImages(12),
        Calibration = new CalibrationOptions { Threads = threads },
    };

    private static NetworkFrontier Frontier(DecompositionOptions options, int points = 6) =>
        NetworkDecomposer.Frontier(s_graph, options, new FrontierOptions { Points = points }, cancellation: Token);

    private static DecompositionOptions Options(DecompositionOptions options) => options with
    {
        Method = options.Method ?? "svd",
        TargetSpeedup = Speedup,
        Images = new RandomImages(12),
    };

    private static NetworkDecomposition Decompose(DecompositionOptions options) =>
        NetworkDecomposer.Decompose(s_graph, Options(options), cancellation: Token);

    private static Dictionary<string, int> Ranks(DecompositionOptions options) => RanksOf(Decompose(options));

    private static Dictionary<string, int> RanksOf(NetworkDecomposition result) => result.Layers
        .Where(layer => layer.Name != "stem")
        .ToDictionary(layer => layer.Name, layer => layer.Decision == LayerDecision.Decomposed ? layer.Rank : 9);

    private static string Text(Dictionary<string, int> ranks) => string.Join(", ", ranks);

    private static double ErrorOf(Dictionary<string, int> ranks)
    {
        Graph graph = s_graph;
        foreach ((string layer, int rank) in ranks)
        {
            var options = new DecompositionOptions { Rank = rank, Layers = name => name == layer };
            graph = NetworkDecomposer.Decompose(graph, DecompositionMethods.Find("svd"), options, null, Token).Graph;
        }

        return Error(graph);
    }

    // By the definition, on the same images.
    private static double Error(Graph graph)
    {
        var images = new RandomImages(12);
        double[][] expected = [.. Enumerable.Range(0, images.Count).Select(image => Answer(s_graph, image))];
        double[] means = [.. Enumerable.Range(0, expected[0].Length).Select(element => expected.Average(answer => answer[element]))];
        return expected.Select((answer, image) => answer.Zip(Answer(graph, image), (a, b) => (a - b) * (a - b)).Sum()).Sum()
            / expected.Sum(answer => answer.Zip(means, (value, mean) => (value - mean) * (value - mean)).Sum());

        double[] Answer(Graph network, int image)
        {
            float[] input = new float[3 * 8 * 8];
            images.Read(image, input);
            Tensor answer = ReferenceExecutor.Run(network, Tensor.FromFloats(new Shape(1, 3, 8, 8), input));
            return [.. answer.Floats.ToArray().Select(value => (double)value)];
        }
    }

    private static Graph TwoBranches()
    {
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 3, 8, 8));
        ValueHandle stem = Layer(x, "stem", 3, 1).Relu();
        ValueHandle heeded = Layer(stem, "heeded", 4, 2, decay: 0.7f).Relu(), ignored = Layer(stem, "ignored", 4, 3).Relu();
        Tensor little = Tensor.FromFloats(new Shape(1), [0.01f]);
        return x.Builder.Build(heeded.Add(ignored.Multiply(x.Builder.Constant(little))));
    }

    // The larger the decay of its taps, the more one filter says of a channel.
    private static ValueHandle Layer(ValueHandle x, string name, int inputs, int seed, float decay = 1)
    {
        var random = new Random(seed);
        float[] common = [.. Enumerable.Range(0, inputs * 9).Select(_ => random.NextSingle() - 0.5f)];
        float[] weights =
        [
            .. Enumerable.Range(0, 4 * inputs * 9).Select(i =>
                (decay * (random.NextSingle() - 0.5f)) + ((1 - decay) * (i / (inputs * 9) + 1) * common[i % (inputs * 9)])),
        ];
        return x.Convolution(Tensor.FromFloats(new Shape(4, inputs, 3, 3), weights), null, Window.Square(3, padding: 1), name: name);
    }

    private sealed class Told : IProgress<string>
    {
        public List<string> Names { get; } = [];

        public void Report(string value) => Names.Add(value);
    }

    private sealed class RecordedImages(ICalibrationImages images) : ICalibrationImages
    {
        private readonly ConcurrentDictionary<int, bool> _read = [];

        public int Count => images.Count;

        public void Read(int index, Span<float> nchw)
        {
            _read[index] = true;
            images.Read(index, nchw);
        }

        /// <summary>The images that were read since the last call.</summary>
        public int[] Take()
        {
            int[] read = [.. _read.Keys.Order()];
            _read.Clear();
            return read;
        }
    }
}
