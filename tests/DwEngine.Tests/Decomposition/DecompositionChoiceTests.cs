using DwEngine.Decomposition;
using DwEngine.Graphs;
using DwEngine.Models;
using DwEngine.Tests.Models;
using Xunit;

namespace DwEngine.Tests.Decomposition;

/// <summary>Which layers are decomposed, and with which rank.</summary>
public class DecompositionChoiceTests
{
    private static readonly string[] Regular = ["stage2.0.branch2.3", "stage2.1.branch2.3", "stage3.0.branch1.0", "stage3.0.branch2.3", "stage3.2.branch2.3"];

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

    [Fact]
    public void Measured_layers_are_replaced_only_where_that_is_faster()
    {
        Graph graph = Tiny(Regular).Graph;
        var options = new DecompositionOptions { Measure = true, Layers = name => name == Regular[0] };
        LayerReport layer = Layer(options);
        Assert.True(layer.MillisecondsBefore > 0 && layer.MillisecondsAfter > 0);
        Assert.Equal(layer.MillisecondsAfter < layer.MillisecondsBefore, layer.Decision == LayerDecision.Decomposed);
        Assert.Equal(LayerDecision.Decomposed, Layer(options with { Force = true }).Decision);

        LayerReport Layer(DecompositionOptions wanted) => Assert.Single(
            NetworkDecomposer.Decompose(graph, wanted, cancellation: TestContext.Current.CancellationToken).Layers, report => report.Name == Regular[0]);
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
            Assert.True(result.MultiplyAddsAfter + Math.Min(layer.MultiplyAddsAfter / layer.Rank, layer.MultiplyAddsBefore - layer.MultiplyAddsAfter) > limit);
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
        double saved = DecompositionSite.Find(graph).Sum(site => ranks.GetValueOrDefault(site.Name) is > 0 and int rank ? Saved(site, graph, rank) : 0);
        Assert.True(Time(graph) >= speedup * (Time(graph) - saved));

        static double Time(Graph network) => network.Infer().TotalMultiplyAdds + (network.Nodes.Length > 10 ? Overhead : 0);
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
            (before, after) => before.Nodes.Length > 10 ? (10, 1) : before.Nodes.Any(node => node.Name == Regular[1]) ? (1, 2) : (2, 1),
            force: false);
        Dictionary<string, int> ranks = planner.Plan([.. DecompositionSite.Find(graph).Where(site => !site.ReadsNetworkInput)], 1.02);
        Assert.Equal([Regular[1]], planner.NotFaster);
        Assert.Equal(0, ranks[Regular[1]]);
        Assert.Contains(ranks, rank => rank.Value > 0);
    }

    private static Dictionary<string, int> Plan(Graph graph, double speedup, bool force, Func<Graph, Graph, (double Before, double After)> compare) =>
        new RankPlanner(graph, graph.Infer(), compare, force).Plan(
            [.. DecompositionSite.Find(graph).Where(site => !site.ReadsNetworkInput)], speedup);

    private static double Saved(DecompositionSite site, Graph graph, int rank)
    {
        GraphFacts shapes = graph.Infer();
        CompositeConvolution target = site.Fold()[0];
        long positions = shapes[site.Output].Shape.ElementCount / target.Outputs;
        return site.Nodes.Sum(shapes.MultiplyAdds) - ((double)positions * rank * target.Inputs * (target.Taps + target.Outputs));
    }

    private static Network Tiny(params ReadOnlySpan<string> regular)
    {
        ShuffleNetV2Architecture architecture = ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular);
        return new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture), new ModelMetadata { Stem = StemKind.Cifar, InputSize = 32 });
    }
}
