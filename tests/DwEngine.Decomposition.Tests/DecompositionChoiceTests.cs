using System.Collections.Immutable;
using DwEngine.Graphs;
using DwEngine.Kernels;
using DwEngine.Models;
using DwEngine.Tensors;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Decomposition.Tests;

/// <summary>Which layers are decomposed, and with which rank.</summary>
public class DecompositionChoiceTests
{
    private static readonly IDecompositionMethod[] s_svd = [DecompositionMethods.Find("svd")];

    private static readonly string[] Regular =
        ["stage2.0.branch2.3", "stage2.1.branch2.3", "stage3.0.branch1.0", "stage3.0.branch2.3", "stage3.2.branch2.3"];

    [Fact]
    public void Error_bound_finds_the_rank_or_leaves_the_layer()
    {
        Graph graph = Tiny(Regular).Graph;
        LayerReport[] three = Layers(new DecompositionOptions { Rank = 3 });
        double bound = three.Average(layer => layer.RelativeError);
        LayerReport[] bounded = Layers(new DecompositionOptions { Rank = 3, MaxError = bound });
        for (int i = 0; i < three.Length; i++)
        {
            Assert.Equal(three[i].RelativeError <= bound, bounded[i].Decision == LayerDecision.Decomposed);
            Assert.Equal(bounded[i].Decision == LayerDecision.Decomposed, bounded[i].RelativeError <= bound);
        }

        Assert.All(Layers(new DecompositionOptions { Rank = 9, MaxError = 1 }), layer => Assert.Equal(1, layer.Rank));
        Assert.Throws<DecompositionException>(() => Layers(new DecompositionOptions { MaxError = double.NaN }));

        LayerReport[] Layers(DecompositionOptions options) =>
            [.. NetworkDecomposer.Decompose(graph, options, cancellation: TestContext.Current.CancellationToken).Layers.Skip(1)];
    }

    // The bound lies between the error of the responses and that of the weights.
    [Theory]
    [InlineData("svd")]
    [InlineData("joint")]
    [InlineData("multi-layer")]
    public void With_data_the_bound_is_on_the_error_of_the_responses(string method)
    {
        Graph graph = Tiny(Regular).Graph;
        foreach (string name in Regular)
        {
            var options = new DecompositionOptions { Method = method, Images = new RandomImages(2), Layers = layer => layer == name };
            LayerReport free = Layer(options);
            double response = free.ResponseError!.Value;
            Assert.NotEqual(free.RelativeError, response, 0.01 * response);
            LayerReport bounded = Layer(options with { MaxError = (free.RelativeError + response) / 2 });
            Assert.Equal(response < free.RelativeError, bounded.Decision == LayerDecision.Decomposed);

            LayerReport Layer(DecompositionOptions wanted) => Assert.Single(
                NetworkDecomposer.Decompose(graph, wanted, cancellation: TestContext.Current.CancellationToken).Layers,
                report => report.Name == name);
        }
    }

    [Theory]
    [InlineData(1, 0.5, true)]
    [InlineData(1, 0.96, true)]
    // Equal layers differ by as much.
    [InlineData(1, 0.98, false)]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, false)]
    public void Measured_layers_are_replaced_only_where_that_is_faster(double before, double after, bool isFaster)
    {
        Graph graph = Tiny(Regular).Graph;
        var options = new DecompositionOptions { Layers = name => name == Regular[0] };
        LayerReport layer = Layer(options);
        Assert.Equal((before, after), (layer.MillisecondsBefore, layer.MillisecondsAfter));
        Assert.Equal(isFaster, layer.Decision == LayerDecision.Decomposed);
        Assert.Equal(!isFaster, layer.Reason == LayerDecomposer.NotFaster);
        Assert.Equal(isFaster, layer.MultiplyAddsAfter < layer.MultiplyAddsBefore);
        Assert.Equal(LayerDecision.Decomposed, Layer(options with { Force = true }).Decision);

        LayerReport Layer(DecompositionOptions wanted)
        {
            NetworkDecomposition result = NetworkDecomposer.Decompose(
                graph, [wanted.ChosenMethod], wanted, Compare, progress: null, TestContext.Current.CancellationToken);
            return Assert.Single(result.Layers, report => report.Name == Regular[0]);
        }

        (double Before, double After) Compare(Graph original, Graph decomposed)
        {
            Assert.Contains(original.Nodes, node => node.Name == Regular[0]);
            Assert.True(decomposed.Infer().TotalMultiplyAdds < original.Infer().TotalMultiplyAdds);
            return (before, after);
        }
    }

    [Fact]
    public void Layers_are_measured_on_this_machine()
    {
        Graph graph = Tiny(Regular).Graph;
        var options = new DecompositionOptions { Measure = true, Layers = name => name == Regular[0] };
        LayerReport layer = Assert.Single(
            NetworkDecomposer.Decompose(graph, options, cancellation: TestContext.Current.CancellationToken).Layers,
            report => report.Name == Regular[0]);
        Assert.True(layer.MillisecondsBefore > 0 && layer.MillisecondsAfter > 0);
        bool isFaster = LayerTimer.IsFaster(layer.MillisecondsBefore.Value, layer.MillisecondsAfter.Value);
        Assert.Equal(isFaster, layer.Decision == LayerDecision.Decomposed);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.02)]
    [InlineData(1.05)]
    [InlineData(1.1)]
    public void Target_is_met_and_no_layer_could_keep_more(double speedup)
    {
        Graph graph = Tiny(Regular).Graph;
        NetworkDecomposition result = NetworkDecomposer.Decompose(
            graph, new DecompositionOptions { TargetSpeedup = speedup }, cancellation: TestContext.Current.CancellationToken);
        double limit = result.MultiplyAddsBefore / speedup;
        Assert.True(result.MultiplyAddsAfter <= limit);
        foreach (LayerReport layer in result.Layers.Where(layer => layer.Decision == LayerDecision.Decomposed))
        {
            Assert.True(layer.MultiplyAddsAfter < layer.MultiplyAddsBefore);
            Assert.True(result.MultiplyAddsAfter
                + Math.Min(layer.MultiplyAddsAfter / layer.Rank, layer.MultiplyAddsBefore - layer.MultiplyAddsAfter) > limit);
        }

        Assert.Equal(speedup == 1, result.Layers.All(layer => layer.Decision == LayerDecision.LeftAlone));
    }

    [Fact]
    public void Target_out_of_reach_is_refused_and_tells_how_far_one_comes()
    {
        Graph graph = Tiny(Regular).Graph;
        NetworkDecomposition most = NetworkDecomposer.Decompose(graph, cancellation: TestContext.Current.CancellationToken);
        DecompositionException error = Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            graph, new DecompositionOptions { TargetSpeedup = 50 }, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains($"{(double)most.MultiplyAddsBefore / most.MultiplyAddsAfter:F2}", error.Message, StringComparison.Ordinal);
        Assert.Throws<DecompositionException>(() => NetworkDecomposer.Decompose(
            graph, new DecompositionOptions { TargetSpeedup = 1.1, MaxError = 1 }, cancellation: TestContext.Current.CancellationToken));
    }

    // Each multiply-add takes as long as any other, and each network some more that never changes.
    [Theory]
    [InlineData(1.01)]
    [InlineData(1.03)]
    [InlineData(1.06)]
    public void Planned_ranks_meet_the_target_in_time_too(double speedup)
    {
        Graph graph = Tiny(Regular).Graph;
        const double Overhead = 100_000;
        Dictionary<string, int> ranks = Plan(graph, speedup, force: false, (before, after) => (Time(before), Time(after)));
        double saved = DecompositionSite.Find(graph).Sum(
            site => ranks.GetValueOrDefault(site.Name) is > 0 and int rank ? Saved(site, graph, rank) : 0);
        Assert.True(Time(graph) >= speedup * (Time(graph) - saved));

        static double Time(Graph network) => network.Infer().TotalMultiplyAdds + (network.Nodes.Length > 10 ? Overhead : 0);
    }

    // A layer of the network saves only a part of what it saves alone.
    [Theory]
    [InlineData(1.045, 0.9)]
    [InlineData(1.12, 0.8)]
    [InlineData(1.2, 0.8)]
    public void A_plan_that_falls_short_is_made_anew(double speedup, double share)
    {
        Graph graph = Tiny(Regular).Graph;
        var reached = new List<double>();
        Dictionary<string, int> ranks = Plan(graph, speedup, force: false, Compare);
        double saved = share * DecompositionSite.Find(graph).Sum(
            site => ranks.GetValueOrDefault(site.Name) is > 0 and int rank ? Saved(site, graph, rank) : 0);
        // The first is that of the lowest ranks, the second that of the first plan.
        Assert.InRange(reached.Count, 3, 5);
        Assert.True(reached[1] < speedup);
        Assert.True(reached[^1] >= speedup);
        Assert.Equal(Time(graph) / (Time(graph) - saved), reached[^1], 1e-9);

        (double Before, double After) Compare(Graph before, Graph after)
        {
            if (before.Nodes.Length <= 10)
            {
                return (Time(before), Time(after));
            }

            double time = Time(before) - (share * (Time(before) - Time(after)));
            reached.Add(Time(before) / time);
            return (Time(before), time);
        }

        static double Time(Graph network) => network.Infer().TotalMultiplyAdds;
    }

    [Fact]
    public void Ranks_grow_where_a_multiply_add_gains_most()
    {
        // The same weights on four times and on once as many pixels, and room for one more rank of the first.
        Tensor weights = LinearChain.Values(1, new Shape(4, 4, 3, 3));
        ValueHandle x = new GraphBuilder().Input("x", new Shape(1, 4, 8, 8));
        x = x.Convolution(weights, null, Window.Square(3, padding: 1), name: "dear").Relu().MaxPool(Window.Square(2, 2));
        Graph equal = x.Builder.Build(x.Convolution(weights, null, Window.Square(3, padding: 1), name: "cheap").Relu());
        Dictionary<string, int> ranks = PlanAll(equal, growth: 64 * 4 * (9 + 4));
        Assert.Equal((1, 0), (ranks["dear"], ranks["cheap"]));

        // Weights of which one rank holds nearly all, and others, on as many pixels.
        float[] flat = new float[weights.Floats.Length];
        Array.Fill(flat, 1);
        flat[0] = 1.1f;
        x = new GraphBuilder().Input("x", new Shape(1, 4, 8, 8));
        x = x.Convolution(Tensor.FromFloats(weights.Shape, flat), null, Window.Square(3, padding: 1), name: "flat").Relu();
        Graph alike = x.Builder.Build(x.Convolution(weights, null, Window.Square(3, padding: 1), name: "rich").Relu());
        ranks = PlanAll(alike, growth: 64 * 4 * (9 + 4));
        Assert.Equal((1, 2), (ranks["flat"], ranks["rich"]));

        static Dictionary<string, int> PlanAll(Graph graph, long growth)
        {
            GraphFacts facts = graph.Infer();
            ImmutableArray<DecompositionSite> sites = DecompositionSite.Find(graph);
            double lowest = facts.TotalMultiplyAdds - sites.Sum(site => Saved(site, graph, 1));
            // A little more than the growth, because the target is a quotient.
            return Ranks(new RankPlanner(graph, facts, s_svd, compare: null, new DecompositionOptions()).Plan(
                sites, facts.TotalMultiplyAdds / (lowest + growth + 0.5)));
        }
    }

    [Fact]
    public void Ranks_that_are_not_faster_are_not_planned_unless_forced()
    {
        Graph graph = Tiny(Regular).Graph;
        // Layers take longer when decomposed, whole networks do not.
        (double, double) Compare(Graph before, Graph after) => before.Nodes.Length > 10 ? (10, 1) : (1, 2);
        Assert.Throws<DecompositionException>(() => Plan(graph, 1.05, force: false, Compare));
        Assert.Contains(Plan(graph, 1.05, force: true, Compare), rank => rank.Value > 0);
    }

    [Fact]
    public void Target_that_multiply_adds_meet_and_time_does_not_is_refused()
    {
        Graph graph = Tiny(Regular).Graph;
        DecompositionException error = Assert.Throws<DecompositionException>(
            () => Plan(graph, 1.05, force: false, (before, after) => before.Nodes.Length > 10 ? (10.3, 10) : (2, 1)));
        Assert.Contains("and 1.03 in time", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_of_equal_geometry_are_measured_once()
    {
        var timer = new LayerTimer();
        Graph graph = Tiny(Regular).Graph, sameGeometry = Tiny(Regular).Graph, plain = Tiny().Graph;
        (double before, double after) = timer.Compare(graph, plain);
        Assert.True(before > 0 && after > 0);
        Assert.Equal((before, after), timer.Compare(sameGeometry, plain));
    }

    [Fact]
    public void A_layer_that_no_rank_makes_faster_is_told_from_those_that_the_target_spares()
    {
        Graph graph = Tiny(Regular).Graph;
        var planner = new RankPlanner(
            graph,
            graph.Infer(),
            s_svd,
            (before, after) => before.Nodes.Length > 10 ? (10, 1) : before.Nodes.Any(node => node.Name == Regular[1]) ? (1, 2) : (2, 1),
            new DecompositionOptions());
        Dictionary<string, int> ranks = Ranks(
            planner.Plan([.. DecompositionSite.Find(graph).Where(site => !site.ReadsNetworkInput)], 1.02));
        Assert.Equal([Regular[1]], planner.NotFaster);
        Assert.Equal(0, ranks[Regular[1]]);
        Assert.Contains(ranks, rank => rank.Value > 0);
    }

    // A machine on which every plan is too slow, but that of the lowest ranks.
    [Fact]
    public void The_lowest_ranks_are_taken_if_no_other_plan_meets_the_target()
    {
        Graph graph = Tiny(Regular).Graph;
        int plans = 0;
        Dictionary<string, int> ranks = Plan(
            graph, 1.02, force: false, (before, _) => before.Nodes.Length <= 10 ? (2, 1) : plans++ == 0 ? (2, 1) : (1, 1));
        Assert.True(plans > 2);
        Assert.All(ranks.Values, rank => Assert.Equal(1, rank));
    }

    private static Dictionary<string, int> Plan(
        Graph graph, double speedup, bool force, Func<Graph, Graph, (double Before, double After)> compare) =>
        Ranks(new RankPlanner(graph, graph.Infer(), s_svd, compare, new DecompositionOptions { Force = force }).Plan(
            [.. DecompositionSite.Find(graph).Where(site => !site.ReadsNetworkInput)], speedup));

    private static Dictionary<string, int> Ranks(Dictionary<string, LayerChoice> choices) =>
        choices.ToDictionary(layer => layer.Key, layer => layer.Value.Rank);

    private static double Saved(DecompositionSite site, Graph graph, int rank)
    {
        GraphFacts shapes = graph.Infer();
        CompositeConvolution target = site.Fold()[0];
        long positions = shapes[site.Output].Shape.ElementCount / target.Outputs;
        return site.Nodes.Sum(shapes.MultiplyAdds) - ((double)positions * rank * target.Inputs * (target.Taps + target.Outputs));
    }

    private static Network Tiny(params ReadOnlySpan<string> regular)
    {
        ShuffleNetV2Dimensions architecture = ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular);
        return new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture),
            new ModelMetadata { Settings = ShuffleNetV2.SettingsFor(StemKind.Cifar), InputSize = 32 });
    }
}
