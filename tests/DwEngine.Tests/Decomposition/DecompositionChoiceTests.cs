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

    private static Network Tiny(params ReadOnlySpan<string> regular)
    {
        ShuffleNetV2Architecture architecture = ShuffleNetV2Weights.Tiny(StemKind.Cifar, regular);
        return new ShuffleNetV2().Build(
            ShuffleNetV2Weights.Random(architecture), new ModelMetadata { Stem = StemKind.Cifar, InputSize = 32 });
    }
}
