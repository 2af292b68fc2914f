using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Graphs;

namespace DwEngine.Decomposition;

/// <summary>
/// Finds ranks with which a network needs a wanted part of its multiply-adds and, if it can be measured, of its time on this machine. All
/// layers start at the lowest rank; what the target leaves is spent where it takes away most of an error for each multiply-add. With images
/// that is the error of the network's answer with the layer decomposed alone; then a few exchanges between layers are tried on the whole
/// network, since errors of layers do not add up. Without, it is the share of a layer's squared singular values.
/// </summary>
internal sealed class RankPlanner
{
    // Times of layers add up to that of the network only roughly, so the plan is measured as a whole and made anew if it falls short.
    private const int Attempts = 4;

    // Exchanges that are made at most, and that are tried for each.
    private const int Exchanges = 6, TriedExchanges = 12;

    private readonly Graph _graph;
    private readonly GraphFacts _facts;
    private readonly IReadOnlyList<IDecompositionMethod> _methods;
    private readonly Func<Graph, Graph, (double Before, double After)>? _compare;
    private readonly bool _force;
    private readonly int _largestRank;
    private readonly Func<IReadOnlyList<DecompositionSite>, AnswerErrors>? _measureAnswers;
    private readonly IProgress<string>? _progress;
    private AnswerErrors? _answers;

    /// <param name="graph">The network.</param>
    /// <param name="facts">Its facts.</param>
    /// <param name="methods">What decomposes layers; the first alone where singular values decide, which tell nothing of others.</param>
    /// <param name="compare">
    /// The milliseconds of a layer or network before and after, see <see cref="LayerTimer.Compare"/>; null to go by multiply-adds alone.
    /// </param>
    /// <param name="options">What is wanted.</param>
    /// <param name="measureAnswers">Measures what layers do to the answer; null to go by singular values.</param>
    public RankPlanner(
        Graph graph, GraphFacts facts, IReadOnlyList<IDecompositionMethod> methods,
        Func<Graph, Graph, (double Before, double After)>? compare, DecompositionOptions options,
        Func<IReadOnlyList<DecompositionSite>, AnswerErrors>? measureAnswers = null)
    {
        (_graph, _facts, _methods, _compare, _force) = (graph, facts, methods, compare, options.Force);
        (_largestRank, _progress, _measureAnswers) = (options.LargestRank ?? int.MaxValue, options.PlanningProgress, measureAnswers);
    }

    /// <summary>The layers that no rank makes faster, so that they stay as they are whatever the target.</summary>
    public HashSet<string> NotFaster { get; } = [];

    /// <summary>What becomes of each layer; rank 0 for layers that stay as they are.</summary>
    /// <param name="sites">The layers that may be decomposed.</param>
    /// <param name="speedup">Multiply-adds and time before over those after, at least.</param>
    /// <exception cref="DecompositionException">The target is out of reach; the message tells how far one comes.</exception>
    public Dictionary<string, LayerChoice> Plan(IReadOnlyCollection<DecompositionSite> sites, double speedup)
    {
        DecompositionSite[] inOrder = [.. sites];
        _answers = _measureAnswers?.Invoke(inOrder);
        Candidate[] candidates = [.. inOrder.Select(CandidateOf)];
        Cost limit = new(_facts.TotalMultiplyAdds / speedup, double.PositiveInfinity);
        if (_compare is null || speedup == 1)
        {
            return Spend(candidates, new Cost(_facts.TotalMultiplyAdds, 0), limit, speedup);
        }

        (double before, double fastest) = Measure(candidates, _ => 0);
        double reached = _facts.TotalMultiplyAdds / LowestCost(candidates, new Cost(_facts.TotalMultiplyAdds, 0)).MultiplyAdds;
        if (Math.Min(reached, before / fastest) < speedup)
        {
            throw OutOfReach(speedup, string.Create(
                CultureInfo.InvariantCulture,
                $"{reached:F2} in multiply-adds and {before / fastest:F2} in time, measured on this machine"));
        }

        double timeLimit = before / speedup, aim = timeLimit;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Dictionary<string, LayerChoice> ranks = Spend(
                candidates, new Cost(_facts.TotalMultiplyAdds, before), limit with { Milliseconds = aim }, speedup);
            (double reference, double time) = Measure(candidates, candidate => candidate.Step);
            if (time * speedup <= reference)
            {
                return ranks;
            }

            aim -= (time / reference * before) - timeLimit;
        }

        // The lowest ranks were measured to reach the target.
        return candidates.ToDictionary(candidate => candidate.Site.Name, candidate => candidate.Steps[0].Choice);
    }

    /// <summary>
    /// What becomes of the layers of networks from the cheapest on, by time where it can be measured, else by multiply-adds; fewer where
    /// two would be the same, none where none is cheaper than the original.
    /// </summary>
    /// <param name="sites">The layers that may be decomposed.</param>
    /// <param name="points">How many networks, at least 1.</param>
    public ImmutableArray<Dictionary<string, LayerChoice>> Frontier(IReadOnlyCollection<DecompositionSite> sites, int points)
    {
        DecompositionSite[] inOrder = [.. sites];
        _answers = _measureAnswers?.Invoke(inOrder);
        Candidate[] candidates = [.. inOrder.Select(CandidateOf)];
        (double before, double fastest) = _compare is null ? default : Measure(candidates, _ => 0);
        Cost network = new(_facts.TotalMultiplyAdds, before), lowest = LowestCost(candidates, network);
        double reach = _compare is null ? network.MultiplyAdds / lowest.MultiplyAdds : before / fastest;
        List<Dictionary<string, LayerChoice>> plans = [];
        for (int point = 0; point < points && reach > 1; point++)
        {
            // Closer together where networks are cheap: the first further multiply-adds do most.
            double factor = Math.Pow(reach, Math.Pow((double)point / points, 1.5));
            // Times of layers add up to that of the network only roughly, and may even save more than there is.
            Cost limit = _compare is null ? new Cost(lowest.MultiplyAdds * factor, double.PositiveInfinity)
                : new Cost(
                    double.PositiveInfinity,
                    lowest.Milliseconds + ((network.Milliseconds - lowest.Milliseconds) * (factor - 1) / (reach - 1)));
            Dictionary<string, LayerChoice> ranks = Spend(candidates, network, limit, 1);
            if (!plans.Any(plan => plan.All(layer => ranks[layer.Key] == layer.Value)))
            {
                plans.Add(ranks);
            }
        }

        return [.. plans];
    }

    private static DecompositionException OutOfReach(double speedup, string reached) => new(
        string.Create(CultureInfo.InvariantCulture,
            $"A speedup of {speedup:R} is out of reach: with the lowest rank of all layers that may be decomposed it is {reached}."));

    // The network with the first step of each layer, which is as cheap as it gets.
    private static Cost LowestCost(Candidate[] candidates, Cost network) =>
        candidates.Aggregate(network, (sum, candidate) => sum + candidate.Steps[0].Cost - candidate.Steps[^1].Cost);

    private Dictionary<string, LayerChoice> Spend(Candidate[] candidates, Cost network, Cost limit, double speedup)
    {
        foreach (Candidate candidate in candidates)
        {
            candidate.Step = 0;
        }

        Cost total = LowestCost(candidates, network);
        if (total.MultiplyAdds > limit.MultiplyAdds)
        {
            throw OutOfReach(
                speedup, string.Create(CultureInfo.InvariantCulture, $"{network.MultiplyAdds / total.MultiplyAdds:F2} in multiply-adds"));
        }

        while (candidates.SelectMany(candidate => candidate.Growths())
            .Where(move => (total + move.Cost).IsWithin(limit) && move.Gain >= 0)
            .DefaultIfEmpty()
            .MaxBy(Worth) is { Candidate: { } best } chosen)
        {
            total += chosen.Cost;
            best.Step = chosen.Step;
        }

        if (_answers is not null)
        {
            Exchange(candidates, total, limit);
        }

        return candidates.ToDictionary(candidate => candidate.Site.Name, candidate => candidate.Steps[candidate.Step].Choice);
    }

    // The error that goes away for each millisecond, or for each multiply-add where time does not count.
    private static double Worth(Move move) =>
        move.Cost.Milliseconds > 0 ? move.Gain / move.Cost.Milliseconds : move.Gain / Math.Max(1, move.Cost.MultiplyAdds);

    // One layer gives up ranks for another: tried are the moves that promise most where errors add up.
    private void Exchange(Candidate[] candidates, Cost total, Cost limit)
    {
        double error = ErrorOf(candidates);
        for (int exchange = 0; exchange < Exchanges; exchange++)
        {
            (Move Up, Move Down)[] moves =
            [
                .. from up in candidates.SelectMany(candidate => candidate.Growths())
                   from down in candidates.SelectMany(candidate => candidate.Cuts())
                   where up.Candidate != down.Candidate && (total + up.Cost + down.Cost).IsWithin(limit)
                   orderby up.Gain + down.Gain descending
                   select (up, down),
            ];
            bool isBetter = false;
            foreach ((Move up, Move down) in moves.Take(TriedExchanges))
            {
                (int upBefore, int downBefore) = (up.Candidate.Step, down.Candidate.Step);
                (up.Candidate.Step, down.Candidate.Step) = (up.Step, down.Step);
                double tried = ErrorOf(candidates);
                if (tried < error)
                {
                    (error, total, isBetter) = (tried, total + up.Cost + down.Cost, true);
                    break;
                }

                (up.Candidate.Step, down.Candidate.Step) = (upBefore, downBefore);
            }

            if (!isBetter)
            {
                return;
            }
        }
    }

    private double ErrorOf(Candidate[] candidates) =>
        _answers!.ErrorOf(candidates.Select(candidate => (candidate.Site, candidate.Steps[candidate.Step].Choice)));

    // The network as it is, and with a step of each layer.
    private (double Before, double After) Measure(Candidate[] candidates, Func<Candidate, int> step)
    {
        var rewriter = new GraphRewriter(_graph);
        foreach (Candidate candidate in candidates)
        {
            if (candidate.Steps[step(candidate)].Choice is { Rank: > 0 } choice)
            {
                candidate.Site.Replace(rewriter, Pairs(candidate.Site, KindOf(choice), choice.Rank));
            }
        }

        return _compare!(_graph, rewriter.ToGraph());
    }

    // The steps that are cheaper than the layer as it is, which is the last. Where time is measured, a rank must be faster too, or there is
    // no step but the last.
    private Candidate CandidateOf(DecompositionSite site)
    {
        CompositeConvolution[] targets = [.. site.Fold()];
        Step last = new(default, new Cost(site.Nodes.Sum(_facts.MultiplyAdds), 0), 0);
        List<(LayerChoice Choice, Cost Cost)> choices = [];
        foreach (IDecompositionMethod method in _answers is null ? _methods.Take(1) : _methods)
        {
            (IEnumerable<Cost> costs, Cost whole) = CostsOf(site, targets[0], method.Kind, last.Cost);
            choices.AddRange(costs.Select((cost, i) => (new LayerChoice(i + 1, method.Name), cost)));
            last = last with { Cost = whole };
        }

        if (choices.Count == 0)
        {
            NotFaster.Add(site.Name);
        }

        IReadOnlyList<double> errors = _answers?.ErrorsOf(site, [.. choices.Select(choice => choice.Choice)])
            ?? Errors(targets, choices.Count)[1..];
        _progress?.Report(site.Name);
        return new Candidate(site, [.. Best(choices.Select((choice, i) => new Step(choice.Choice, choice.Cost, errors[i]))), last]);
    }

    // The kinds of pair cost about the same multiply-adds at the same rank, but not the same time: of each rank the one with the smallest
    // error is kept, and where time was measured also those that are faster.
    private static IEnumerable<Step> Best(IEnumerable<Step> steps)
    {
        Step[] all = [.. steps.OrderBy(step => step.Choice.Rank).ThenBy(step => step.Cost.Milliseconds)];
        return all.Where((step, i) => !all.Where((other, j) => other.Choice.Method != step.Choice.Method
            && other.Choice.Rank <= step.Choice.Rank && other.Cost.Milliseconds <= step.Cost.Milliseconds
            && (other.Error < step.Error || (other.Error == step.Error && j < i))).Any());
    }

    // What ranks from 1 on cost, and the layer as it is.
    private (List<Cost> Costs, Cost Whole) CostsOf(DecompositionSite site, CompositeConvolution target, PairKind kind, Cost whole)
    {
        long positions = _facts[site.Output].Shape.ElementCount / target.Outputs;
        long affordable = ((long)whole.MultiplyAdds - 1) / (positions * CostOf(target, PairKind.Separable, 1));
        int ranks = (int)Math.Min(Math.Clamp(affordable, 1, target.FullRank), _largestRank);
        Graph original = site.PartOf(site.Nodes, _facts[site.Input].Shape);
        List<Cost> costs = [];
        for (int rank = 1; rank <= ranks; rank++)
        {
            double time = 0;
            if (_compare is not null)
            {
                ImmutableArray<Graphs.Node> nodes = site.Replace(new GraphRewriter(_graph), Pairs(site, kind, rank));
                (double wholeTime, time) = _compare(original, site.PartOf(nodes, _facts[site.Input].Shape));
                whole = whole with { Milliseconds = wholeTime };
                if (!LayerTimer.IsFaster(wholeTime, time) && !_force)
                {
                    break;
                }
            }

            costs.Add(new Cost(positions * CostOf(target, kind, rank), time));
        }

        return (costs, whole);
    }

    // Multiply-adds of a position.
    private static long CostOf(CompositeConvolution target, PairKind kind, int rank) => kind == PairKind.Channel
        ? ChannelPair.ChannelsFor(target, rank) * (long)(target.Weights.Columns + target.Outputs)
        : rank * (long)target.Inputs * (target.Taps + target.Outputs);

    private PairKind KindOf(LayerChoice choice) => _methods.First(method => method.Name == choice.Method).Kind;

    // What fills the pairs does not change how long they take, if it is neither zero nor denormal.
    private static ImmutableArray<ConvolutionPair> Pairs(DecompositionSite site, PairKind kind, int rank)
    {
        return [.. site.Fold().Select(Stand)];

        ConvolutionPair Stand(CompositeConvolution target)
        {
            double[] bias = new double[target.Outputs];
            if (kind == PairKind.Channel)
            {
                int channels = ChannelPair.ChannelsFor(target, rank);
                return new ChannelPair(
                    Filled(channels, target.Weights.Columns), Filled(target.Outputs, channels), bias, target.KernelHeight,
                    target.KernelWidth);
            }

            int filters = target.Inputs * rank;
            return new SeparablePair(
                Filled(filters, target.Taps), Filled(target.Outputs, filters), bias, rank, target.KernelHeight, target.KernelWidth);
        }

        static Matrix Filled(int rows, int columns)
        {
            Matrix matrix = new(rows, columns);
            matrix.Values.Fill(1.0 / columns);
            return matrix;
        }
    }

    private static double[] Errors(CompositeConvolution[] targets, int ranks)
    {
        double[] lost = new double[ranks + 1];
        foreach (CompositeConvolution target in targets)
        {
            for (int channel = 0; channel < target.Inputs; channel++)
            {
                ReadOnlySpan<double> values = Svd.Decompose(target.Channel(channel)).SingularValues;
                for (int t = 0; t < values.Length; t++)
                {
                    for (int rank = 0; rank <= Math.Min(t, ranks); rank++)
                    {
                        lost[rank] += values[t] * values[t];
                    }
                }
            }
        }

        return [.. lost.Select(energy => lost[0] == 0 ? 0 : energy / lost[0])];
    }

    private readonly record struct Cost(double MultiplyAdds, double Milliseconds)
    {
        public static Cost operator +(Cost a, Cost b) => new(a.MultiplyAdds + b.MultiplyAdds, a.Milliseconds + b.Milliseconds);

        public static Cost operator -(Cost a, Cost b) => new(a.MultiplyAdds - b.MultiplyAdds, a.Milliseconds - b.Milliseconds);

        public bool IsWithin(Cost limit) => MultiplyAdds <= limit.MultiplyAdds && Milliseconds <= limit.Milliseconds;
    }

    // Rank 0 is the layer as it is, without an error.
    private sealed record Step(LayerChoice Choice, Cost Cost, double Error);

    private sealed class Candidate(DecompositionSite site, ImmutableArray<Step> steps)
    {
        public DecompositionSite Site { get; } = site;

        public ImmutableArray<Step> Steps { get; } = steps;

        public int Step { get; set; }

        /// <summary>To any larger step: a rank may be worse than the one before it, and the next one better than both.</summary>
        public IEnumerable<Move> Growths() => Enumerable.Range(Step + 1, Steps.Length - Step - 1).Select(To);

        /// <summary>To any smaller step.</summary>
        public IEnumerable<Move> Cuts() => Enumerable.Range(0, Step).Select(To);

        private Move To(int step) => new(this, step, Steps[step].Cost - Steps[Step].Cost, Steps[Step].Error - Steps[step].Error);
    }

    // The gain is the error that it takes away, below 0 where it adds to it.
    private readonly record struct Move(Candidate Candidate, int Step, Cost Cost, double Gain);
}
