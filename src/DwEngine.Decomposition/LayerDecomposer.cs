using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Trials;
using DwEngine.Graphs;
using DwEngine.Tensors;

namespace DwEngine.Decomposition;

/// <summary>
/// Decomposes one layer: finds the rank, judges the result and puts it into the graph, or leaves the layer alone and says why.
/// </summary>
internal static class LayerDecomposer
{
    /// <summary>Why a layer is left alone whose pair is not faster.</summary>
    public const string NotFaster = "not faster on this machine";

    /// <summary>The report of a layer that is left alone.</summary>
    public static LayerReport Describe(
        DecompositionSite site, ImmutableArray<CompositeConvolution> targets, GraphFacts facts, IDecompositionMethod method, int rank)
    {
        CompositeConvolution first = targets[0];
        long multiplyAdds = site.Nodes.Sum(facts.MultiplyAdds);
        long parameters = site.Nodes.Sum(node => node.Layer.ParameterCount);
        var shape = new Shape(first.Outputs * site.Groups, first.Inputs, first.KernelHeight, first.KernelWidth);
        return new LayerReport(site.Name, shape, site.Groups, method.Name, Math.Min(rank, first.FullRank), LayerDecision.LeftAlone, "")
        {
            MultiplyAddsBefore = multiplyAdds,
            MultiplyAddsAfter = multiplyAdds,
            ParametersBefore = parameters,
            ParametersAfter = parameters,
        };
    }

    /// <summary>Decomposes a layer.</summary>
    /// <param name="graph">The network as decomposed so far.</param>
    /// <param name="site">The layer, as the original network has it.</param>
    /// <param name="facts">The original network's facts.</param>
    /// <param name="method">The method.</param>
    /// <param name="largestRank">Filters for each input channel, at most where <paramref name="options"/> bound the error.</param>
    /// <param name="options">What is wanted of the layer.</param>
    /// <param name="data">What is known of the data of each group.</param>
    /// <param name="compare">Milliseconds before and after, see <see cref="LayerTimer.Compare"/>; null not to measure.</param>
    /// <param name="found">Is told of the errors and the pairs, whether or not they are put in; null for nobody.</param>
    /// <returns>What became of the layer, and the network with it.</returns>
    public static (LayerReport Report, Graph Graph) Decompose(
        Graph graph,
        DecompositionSite site,
        GraphFacts facts,
        IDecompositionMethod method,
        int largestRank,
        DecompositionOptions options,
        ImmutableArray<LayerData> data,
        Func<Graph, Graph, (double Before, double After)>? compare,
        Action<LayerReport, ImmutableArray<ConvolutionPair>>? found = null)
    {
        ImmutableArray<CompositeConvolution> targets = site.Fold();
        LayerReport left = Describe(site, targets, facts, method, largestRank) with { Positions = data[0].Statistics?.Count ?? 0 };
        int rank = options.MaxError is null ? left.Rank : 1;
        ImmutableArray<DecompositionResult> results = Solve(method, targets, data, rank);
        LayerReport report = Judge(left with { Rank = rank }, targets, results, data);
        while (IsTooWrong(report, options) && rank < left.Rank)
        {
            results = Solve(method, targets, data, ++rank);
            report = Judge(left with { Rank = rank }, targets, results, data);
        }

        ImmutableArray<ConvolutionPair> pairs = [.. results.Select(result => result.Pair)];
        found?.Invoke(report, pairs);
        if (IsTooWrong(report, options))
        {
            return (Leave($"error above {options.MaxError:R} up to rank {left.Rank}"), graph);
        }

        return Place(graph, site, facts, report, pairs, options, compare);

        LayerReport Leave(string reason) => report with { Decision = LayerDecision.LeftAlone, Reason = reason };
    }

    /// <summary>Puts pairs into the graph, or leaves the layer alone if they are not faster.</summary>
    /// <param name="graph">The network as decomposed so far.</param>
    /// <param name="site">The layer, as the original network has it.</param>
    /// <param name="facts">The original network's facts.</param>
    /// <param name="report">What is known of the layer.</param>
    /// <param name="pairs">One for each group.</param>
    /// <param name="options">What is wanted of the layer.</param>
    /// <param name="compare">Milliseconds before and after, see <see cref="LayerTimer.Compare"/>; null not to measure.</param>
    /// <returns>What became of the layer, and the network with it.</returns>
    public static (LayerReport Report, Graph Graph) Place(
        Graph graph,
        DecompositionSite site,
        GraphFacts facts,
        LayerReport report,
        ImmutableArray<ConvolutionPair> pairs,
        DecompositionOptions options,
        Func<Graph, Graph, (double Before, double After)>? compare)
    {
        var rewriter = new GraphRewriter(graph);
        ImmutableArray<Node> nodes = site.Replace(rewriter, pairs);
        Graph part = site.PartOf(nodes, facts[site.Input].Shape);
        if (compare is not null)
        {
            (double before, double after) = compare(site.PartOf(site.Nodes, facts[site.Input].Shape), part);
            report = report with { MillisecondsBefore = before, MillisecondsAfter = after };
            if (!LayerTimer.IsFaster(before, after) && !options.Force)
            {
                return (report with { Decision = LayerDecision.LeftAlone, Reason = NotFaster }, graph);
            }
        }

        report = report with
        {
            Decision = LayerDecision.Decomposed,
            Reason = site.Pointwise is null ? "stands for the convolution alone" : "takes in the 1x1 convolution that follows",
            MultiplyAddsAfter = part.Infer().TotalMultiplyAdds,
            ParametersAfter = nodes.Sum(node => node.Layer.ParameterCount),
        };
        return (report, rewriter.ToGraph());
    }

    /// <summary>What is kept of a layer, so that <see cref="Recall"/> finds it again.</summary>
    public static Trial Remember(LayerReport report, ImmutableArray<ConvolutionPair> pairs) => new(
        pairs,
        [report.RelativeError, report.RetainedEnergy, report.Positions, .. report.ResponseError is { } error ? new[] { error } : []]);

    /// <summary>The report of a layer that was kept; null if what was kept is not of this layer.</summary>
    /// <param name="blank">The report before anything is known.</param>
    /// <param name="site">The layer.</param>
    /// <param name="trial">What was kept.</param>
    public static LayerReport? Recall(LayerReport blank, DecompositionSite site, Trial trial) =>
        trial.Figures.Length is not (3 or 4) || !trial.Fits(site) ? null : blank with
        {
            RelativeError = trial.Figures[0],
            RetainedEnergy = trial.Figures[1],
            Positions = (long)trial.Figures[2],
            ResponseError = trial.Figures.Length == 4 ? trial.Figures[3] : null,
        };

    /// <summary>What a method makes of each group of a layer.</summary>
    public static ImmutableArray<DecompositionResult> Solve(
        IDecompositionMethod method, ImmutableArray<CompositeConvolution> targets, ImmutableArray<LayerData> data, int rank) =>
    [
        .. targets.Zip(data, (target, known) => method.Decompose(
            new DecompositionRequest(target, rank) { Statistics = known.Statistics, Samples = known.Samples })),
    ];

    private static bool IsTooWrong(LayerReport report, DecompositionOptions options) =>
        (report.ResponseError ?? report.RelativeError) > options.MaxError;

    // Each group's errors and energies are shares of its squared norm; together they are shares of the sum.
    private static LayerReport Judge(
        LayerReport report,
        ImmutableArray<CompositeConvolution> targets,
        ImmutableArray<DecompositionResult> results,
        ImmutableArray<LayerData> data)
    {
        double[] norms = [.. targets.Select(target => target.Weights.FrobeniusNorm())];
        double largest = norms.Max();
        double[] weights = [.. norms.Select(norm => largest == 0 ? 0 : norm / largest * (norm / largest))];
        report = report with
        {
            RelativeError = Average(weights, results.Select(result => result.RelativeError), 0),
            RetainedEnergy = Average(weights, results.Select(result => result.RetainedEnergy), 1),
        };
        if (data.Any(known => known.Statistics is null))
        {
            return report;
        }

        double[] energies = [.. data.Select(known => known.Statistics!.Energy)];
        IEnumerable<double> errors = data.Zip(results, (known, result) => known.Statistics!.ResponseError(result.Pair.Expand()));
        return report with { ResponseError = Average(energies, errors, 0) };
    }

    private static double Average(double[] weights, IEnumerable<double> values, double ofNothing)
    {
        double total = weights.Sum();
        return total == 0 ? ofNothing : weights.Zip(values, (weight, value) => weight == 0 ? 0 : weight * value).Sum() / total;
    }
}
