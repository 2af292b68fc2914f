using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Graphs;

namespace DwEngine.Decomposition;

/// <summary>
/// What decomposed layers do to a network's answer, see <see cref="AnswerMeter"/>. Each layer is decomposed alone, on data of the original
/// network, so that layers can be judged in any combination without decomposing them again.
/// </summary>
internal sealed class AnswerErrors
{
    // Positions of a layer that tell ranks apart; the layer that is made in the end sees all.
    private const int MostPositions = 1 << 14;

    private readonly Graph _graph;
    private readonly IDecompositionMethod _method;
    private readonly CancellationToken _cancellation;
    private readonly Calibrator _calibrator;
    private readonly AnswerMeter _meter;
    private readonly Dictionary<(string Site, int Rank), ImmutableArray<ConvolutionPair>> _pairs = [];

    /// <summary>Runs the original network on the images.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="method">How layers are decomposed.</param>
    /// <param name="options">What is wanted; with images.</param>
    /// <param name="sites">The layers, in the order in which they will be tried.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="DecompositionException">The network has no output whose error could be told.</exception>
    public AnswerErrors(
        Graph graph, IDecompositionMethod method, DecompositionOptions options, IEnumerable<DecompositionSite> sites,
        CancellationToken cancellation)
    {
        (_graph, _method, _cancellation) = (graph, method, cancellation);
        CalibrationOptions calibration = options.Calibration;
        _calibrator = new Calibrator(
            graph,
            options.Images!,
            calibration with { PositionsPerLayer = Math.Min(calibration.PositionsPerLayer, MostPositions) },
            sites);
        _meter = new AnswerMeter(graph, options, cancellation);
    }

    /// <summary>The errors of a layer that is decomposed alone. Sites must come in the order that was announced, each once.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="ranks">The ranks, all from 1 on.</param>
    /// <returns>The error of each rank; that of 0, the layer as it is, is 0.</returns>
    public double[] ErrorsOf(DecompositionSite site, int ranks)
    {
        ImmutableArray<LayerSamples> samples = _calibrator.Next(null, _cancellation);
        double[] errors = new double[ranks + 1];
        if (ranks == 0)
        {
            return errors;
        }

        ImmutableArray<CompositeConvolution> targets = site.Fold();
        ImmutableArray<LayerData> data = [.. samples.Select(group => new LayerData(group.Accumulate(), group))];
        for (int rank = 1; rank <= ranks; rank++)
        {
            _cancellation.ThrowIfCancellationRequested();
            _pairs[(site.Name, rank)] =
                [.. LayerDecomposer.Solve(_method, targets, data, rank).Select(result => result.Pair)];
            errors[rank] = ErrorOf([(site, rank)]);
        }

        return errors;
    }

    /// <summary>The error of the network with some layers decomposed, at ranks whose errors were asked for.</summary>
    /// <param name="plan">The layers and their ranks; 0 for one that stays as it is.</param>
    public double ErrorOf(IEnumerable<(DecompositionSite Site, int Rank)> plan)
    {
        var rewriter = new GraphRewriter(_graph);
        foreach ((DecompositionSite site, int rank) in plan.Where(layer => layer.Rank > 0))
        {
            site.Replace(rewriter, _pairs[(site.Name, rank)]);
        }

        return _meter.ErrorOf(rewriter.ToGraph());
    }
}
