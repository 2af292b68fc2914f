using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Decomposition.LinearAlgebra;
using DwEngine.Graphs;

namespace DwEngine.Decomposition;

/// <summary>
/// Finds ranks with which a network needs a wanted part of its multiply-adds and, if it can be measured, of its time on this machine. All
/// layers start at the lowest rank; what the target leaves is spent where it takes away the largest share of a layer's squared singular
/// values, which needs no data.
/// </summary>
internal sealed class RankPlanner
{
    // Times of layers add up to that of the network only roughly, so the plan is measured as a whole and made anew if it falls short.
    private const int Attempts = 4;

    private readonly Graph _graph;
    private readonly GraphFacts _facts;
    private readonly Func<Graph, Graph, (double Before, double After)>? _compare;
    private readonly bool _force;

    /// <param name="graph">The network.</param>
    /// <param name="facts">Its facts.</param>
    /// <param name="compare">
    /// The milliseconds of a layer or network before and after, see <see cref="LayerTimer.Compare"/>; null to go by multiply-adds alone.
    /// </param>
    /// <param name="force">Whether ranks that are not faster than the layer as it is are ranks like others.</param>
    public RankPlanner(Graph graph, GraphFacts facts, Func<Graph, Graph, (double Before, double After)>? compare, bool force)
    {
        (_graph, _facts, _compare, _force) = (graph, facts, compare, force);
    }

    /// <summary>The layers that no rank makes faster, so that they stay as they are whatever the target.</summary>
    public HashSet<string> NotFaster { get; } = [];

    /// <summary>The rank of each layer; 0 for layers that stay as they are.</summary>
    /// <param name="sites">The layers that may be decomposed.</param>
    /// <param name="speedup">Multiply-adds and time before over those after, at least.</param>
    /// <exception cref="DecompositionException">The target is out of reach; the message tells how far one comes.</exception>
    public Dictionary<string, int> Plan(IReadOnlyCollection<DecompositionSite> sites, double speedup)
    {
        Candidate[] candidates = [.. sites.Select(CandidateOf)];
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
            Dictionary<string, int> ranks = Spend(
                candidates, new Cost(_facts.TotalMultiplyAdds, before), limit with { Milliseconds = aim }, speedup);
            (double reference, double time) = Measure(candidates, candidate => candidate.Step);
            if (time * speedup <= reference)
            {
                return ranks;
            }

            aim -= (time / reference * before) - timeLimit;
        }

        // The lowest ranks were measured to reach the target.
        return candidates.ToDictionary(candidate => candidate.Site.Name, candidate => candidate.Steps[0].Rank);
    }

    private static DecompositionException OutOfReach(double speedup, string reached) => new(
        string.Create(CultureInfo.InvariantCulture,
            $"A speedup of {speedup:R} is out of reach: with the lowest rank of all layers that may be decomposed it is {reached}."));

    // The network with the first step of each layer, which is as cheap as it gets.
    private static Cost LowestCost(Candidate[] candidates, Cost network) =>
        candidates.Aggregate(network, (sum, candidate) => sum + candidate.Steps[0].Cost - candidate.Steps[^1].Cost);

    private static Dictionary<string, int> Spend(Candidate[] candidates, Cost network, Cost limit, double speedup)
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

        while (candidates.Where(candidate => candidate.CanGrow && (total + candidate.Growth).IsWithin(limit)).MaxBy(
            candidate => candidate.Gain) is { } best)
        {
            total += best.Growth;
            best.Step++;
        }

        return candidates.ToDictionary(candidate => candidate.Site.Name, candidate => candidate.Steps[candidate.Step].Rank);
    }

    // The network as it is, and with a step of each layer.
    private (double Before, double After) Measure(Candidate[] candidates, Func<Candidate, int> step)
    {
        var rewriter = new GraphRewriter(_graph);
        foreach (Candidate candidate in candidates)
        {
            if (candidate.Steps[step(candidate)].Rank is > 0 and int rank)
            {
                candidate.Site.Replace(rewriter, Pairs(candidate.Site, rank));
            }
        }

        return _compare!(_graph, rewriter.ToGraph());
    }

    // The steps that are cheaper than the layer as it is, which is the last. Where time is measured, a rank must be faster too, or there is
    // no step but the last.
    private Candidate CandidateOf(DecompositionSite site)
    {
        CompositeConvolution[] targets = [.. site.Fold()];
        CompositeConvolution first = targets[0];
        long positions = _facts[site.Output].Shape.ElementCount / (first.Outputs * site.Groups);
        long whole = site.Nodes.Sum(_facts.MultiplyAdds);
        long costOfRank = positions * site.Groups * first.Inputs * (first.Taps + first.Outputs);
        int ranks = (int)Math.Clamp((whole - 1) / costOfRank, 1, first.FullRank);
        double[] errors = Errors(targets, ranks);
        Graph original = site.PartOf(site.Nodes, _facts[site.Input].Shape);
        List<Step> steps = [];
        double wholeTime = 0;
        for (int rank = 1; rank <= ranks; rank++)
        {
            double time = 0;
            if (_compare is not null)
            {
                ImmutableArray<Graphs.Node> nodes = site.Replace(new GraphRewriter(_graph), Pairs(site, rank));
                (wholeTime, time) = _compare(original, site.PartOf(nodes, _facts[site.Input].Shape));
                if (!LayerTimer.IsFaster(wholeTime, time) && !_force)
                {
                    break;
                }
            }

            steps.Add(new Step(rank, new Cost(rank * costOfRank, time), errors[rank]));
        }

        if (steps.Count == 0)
        {
            NotFaster.Add(site.Name);
        }

        return new Candidate(site, [.. steps, new Step(0, new Cost(whole, wholeTime), 0)]);
    }

    // What fills the pairs does not change how long they take, if it is neither zero nor denormal.
    private static ImmutableArray<ConvolutionPair> Pairs(DecompositionSite site, int rank)
    {
        return [.. site.Fold().Select(Stand)];

        ConvolutionPair Stand(CompositeConvolution target)
        {
            int filters = target.Inputs * rank;
            return new SeparablePair(
                Filled(filters, target.Taps), Filled(target.Outputs, filters), new double[target.Outputs], rank, target.KernelHeight,
                target.KernelWidth);
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

    // Rank 0 is the layer as it is. The error is the share of the squared singular values that is lost.
    private sealed record Step(int Rank, Cost Cost, double Error);

    private sealed class Candidate(DecompositionSite site, ImmutableArray<Step> steps)
    {
        public DecompositionSite Site { get; } = site;

        public ImmutableArray<Step> Steps { get; } = steps;

        public int Step { get; set; }

        public bool CanGrow => Step < Steps.Length - 1;

        public Cost Growth => Steps[Step + 1].Cost - Steps[Step].Cost;

        /// <summary>The error that a step takes away, for each multiply-add.</summary>
        public double Gain => (Steps[Step].Error - Steps[Step + 1].Error) / Math.Max(1, Growth.MultiplyAdds);
    }
}
