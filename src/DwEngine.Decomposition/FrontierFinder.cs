using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Decomposition;

/// <summary>Makes the networks of a <see cref="NetworkFrontier"/>.</summary>
internal static class FrontierFinder
{
    /// <summary>Of the networks to compare with: so many by singular values.</summary>
    public const int PointsByWeights = 4;

    /// <summary>The others have one rank in all layers, up to this.</summary>
    public const int LargestOneRank = 3;

    /// <param name="graph">The network.</param>
    /// <param name="options">How it is decomposed.</param>
    /// <param name="frontier">Which networks; whether time counts is what <paramref name="compare"/> says.</param>
    /// <param name="compare">
    /// The milliseconds of a layer or network before and after, see <see cref="LayerTimer.Compare"/>; null to go by multiply-adds.
    /// </param>
    /// <param name="mustBeWritable">Whether the networks must have a form in a weight file.</param>
    /// <param name="progress">Is told of each layer.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static NetworkFrontier Find(
        Graph graph, DecompositionOptions options, FrontierOptions frontier, Func<Graph, Graph, (double Before, double After)>? compare,
        bool mustBeWritable, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        Validate(options, frontier);
        ImmutableArray<IDecompositionMethod> methods = options.CompetingMethods;
        options = options with
        {
            LargestRank = options.LargestRank ?? DecompositionOptions.RanksByAnswer,
            Measure = false,
            PlanningProgress = progress,
        };
        options.Validate();
        GraphFacts facts = graph.Infer();
        DecompositionSite[] sites =
        [
            .. DecompositionSite.Find(graph).Where(site => NetworkDecomposer.ReasonToLeave(site, options, mustBeWritable) is null),
        ];
        if (sites.Length == 0)
        {
            throw new DecompositionException("No layer may be decomposed, so that there is nothing to choose from.");
        }

        var meter = new AnswerMeter(graph, options, cancellation);
        var counter = new LayerCounter(progress);
        var known = new Dictionary<string, FrontierPoint>();
        FrontierPoint[] points =
        [
            .. Planner(new AnswerErrors(graph, methods, options, sites, cancellation)).Frontier(sites, frontier.Points)
                .Select(choices => PointOf(FrontierKind.Answer, choices)),
        ];
        FrontierPoint[] oneRank = [.. OneRanks().Select(choices => PointOf(FrontierKind.OneRank, choices))];
        FrontierPoint[] byWeights =
        [
            .. Planner(null).Frontier(sites, PointsByWeights).Select(choices => PointOf(FrontierKind.SingularValues, choices)),
        ];
        FrontierPoint[] others = [.. byWeights.OrderBy(Cost), .. oneRank.OrderBy(Cost)];
        ImmutableArray<FrontierPoint> unbeaten = Unbeaten([.. points, .. others]);
        return unbeaten.IsEmpty
            ? throw new DecompositionException(
                $"No network is {(compare is null ? "cheaper" : "faster on this machine")} than the original, whatever the ranks.")
            : new NetworkFrontier(unbeaten, [.. others])
            {
                HasFewPositions = AnswerErrors.AreScarce(facts, sites, options.Images!.Count, options.Calibration),
            };

        RankPlanner Planner(AnswerErrors? answers) => new(
            graph, facts, answers is null ? methods[..1] : methods, compare,
            answers is null ? options with { PlanningProgress = null } : options, answers is null ? null : _ => answers);

        IEnumerable<Dictionary<string, LayerChoice>> OneRanks() => Enumerable.Range(1, Math.Min(LargestOneRank, options.LargestRank.Value))
            .Select(rank => sites.ToDictionary(site => site.Name, _ => new LayerChoice(rank, methods[0].Name)));

        FrontierPoint PointOf(FrontierKind kind, Dictionary<string, LayerChoice> choices)
        {
            ImmutableSortedDictionary<string, LayerChoice> sorted = choices.ToImmutableSortedDictionary(StringComparer.Ordinal);
            string key = string.Join(',', sorted.Values);
            if (!known.TryGetValue(key, out FrontierPoint? point))
            {
                NetworkDecomposition made = NetworkDecomposer.Decompose(
                    graph, methods, options with { Choices = sorted }, compare: null, counter, cancellation, mustBeWritable);
                point = new FrontierPoint(kind, sorted, made, meter.ErrorOf(made.Graph)) { RelativeTime = RelativeTimeOf(made.Graph) };
                known.Add(key, point);
            }

            return point with { Kind = kind };
        }

        double? RelativeTimeOf(Graph made)
        {
            if (compare is null)
            {
                return null;
            }

            (double before, double after) = compare(graph, made);
            return after / before;
        }
    }

    // Relative to the original.
    private static double Cost(FrontierPoint point) =>
        point.RelativeTime ?? ((double)point.Decomposition.MultiplyAddsAfter / point.Decomposition.MultiplyAddsBefore);

    // Those that no cheaper one comes as near as; the original, which is exact, beats what is dearer.
    private static ImmutableArray<FrontierPoint> Unbeaten(IEnumerable<FrontierPoint> points) =>
        NetworkFrontier.Unbeaten(points.Where(point => Cost(point) < 1), Cost, point => point.AnswerError);

    private static void Validate(DecompositionOptions options, FrontierOptions frontier)
    {
        if (options.Images is null)
        {
            throw new DecompositionException("A frontier is found by the answer on calibration images; there are none.");
        }

        if (options.Choices is not null || options.TargetSpeedup is not null || options.MaxError is not null)
        {
            throw new DecompositionException("A frontier has ranks of its own; none, no speedup and no largest error were expected.");
        }

        if (frontier.Points < 2)
        {
            throw new DecompositionException($"A frontier of {frontier.Points} networks; at least 2 were expected.");
        }
    }

    private sealed class LayerCounter(IProgress<string>? progress) : IProgress<LayerReport>
    {
        public void Report(LayerReport value) => progress?.Report(value.Name);
    }
}
