using DwEngine.Graphs;
using DwEngine.LinearAlgebra;

namespace DwEngine.Decomposition;

/// <summary>
/// Finds ranks with which a network needs a wanted part of its multiply-adds. All layers start at rank 1; what the target leaves is spent where a
/// multiply-add takes away the largest share of a layer's squared singular values, which needs no data.
/// </summary>
internal static class RankPlanner
{
    /// <summary>The rank of each layer; 0 for layers that can stay as they are.</summary>
    /// <param name="sites">The layers that may be decomposed.</param>
    /// <param name="shapes">The network's shapes.</param>
    /// <param name="speedup">Multiply-adds before over those after, at least.</param>
    /// <exception cref="DecompositionException">The target is out of reach; the message tells how far one comes.</exception>
    public static Dictionary<string, int> Plan(IEnumerable<DecompositionSite> sites, GraphShapes shapes, double speedup)
    {
        Layer[] layers = [.. sites.Select(site => new Layer(site, shapes))];
        double limit = shapes.TotalMultiplyAdds / speedup;
        long total = shapes.TotalMultiplyAdds + layers.Sum(layer => layer.Cost - layer.CostBefore);
        if (total > limit)
        {
            throw new DecompositionException(
                $"A speedup of {speedup:R} is out of reach: with one filter for each channel of {layers.Length} layers it is "
                + $"{(double)shapes.TotalMultiplyAdds / total:F2} in multiply-adds.");
        }

        while (layers.Where(layer => layer.CanGrow && total + layer.NextCost - layer.Cost <= limit).MaxBy(layer => layer.Gain) is { } best)
        {
            total += best.NextCost - best.Cost;
            best.Grow();
        }

        return layers.ToDictionary(layer => layer.Name, layer => layer.Rank);
    }

    private sealed class Layer
    {
        private readonly double[] _errors;
        private readonly long _costOfRank;
        private int _step = 1;

        public Layer(DecompositionSite site, GraphShapes shapes)
        {
            Name = site.Name;
            CompositeConvolution[] targets = [.. site.Fold()];
            CompositeConvolution first = targets[0];
            long positions = shapes[site.Output].ElementCount / (first.Outputs * site.Groups);
            CostBefore = site.Nodes.Sum(shapes.MultiplyAdds);
            _costOfRank = positions * site.Groups * first.Inputs * (first.Taps + first.Outputs);
            // Ranks that are cheaper than the layer as it is; one step beyond them is to leave it. The first must exist for the speedup's sake.
            int ranks = (int)Math.Clamp((CostBefore - 1) / _costOfRank, 1, first.FullRank);
            _errors = Errors(targets, ranks);
        }

        public string Name { get; }

        public long CostBefore { get; }

        public int Rank => _step < _errors.Length ? _step : 0;

        public long Cost => CostOf(_step);

        public long NextCost => CostOf(_step + 1);

        public bool CanGrow => _step < _errors.Length;

        /// <summary>The error that a step takes away, for each multiply-add.</summary>
        public double Gain => (ErrorOf(_step) - ErrorOf(_step + 1)) / Math.Max(1, NextCost - Cost);

        public void Grow() => _step++;

        // _errors holds ranks 0 to the last; the step after the last is the layer as it is.
        private long CostOf(int step) => step < _errors.Length ? step * _costOfRank : CostBefore;

        private double ErrorOf(int step) => step < _errors.Length ? _errors[step] : 0;

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
    }
}
