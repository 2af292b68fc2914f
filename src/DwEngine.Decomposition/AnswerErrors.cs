using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Threading;
using DwEngine.Decomposition.Trials;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition;

/// <summary>
/// What decomposed layers do to a network's answer, see <see cref="AnswerMeter"/>. Each layer is decomposed alone, on data of the original
/// network, so that layers can be judged in any combination without decomposing them again.
/// </summary>
internal sealed class AnswerErrors
{
    // Positions of a layer that tell ranks apart; the layer that is made in the end sees all.
    private const int MostPositions = 1 << 14;

    // With fewer positions for each input of a layer, what is fitted to them looks better on them than it is. Then the answer is measured
    // on images that are kept apart from the fit, at most this part of all.
    private const int EnoughPositions = 4;
    private const int PartApart = 4;

    private readonly Graph _graph;
    private readonly IReadOnlyList<IDecompositionMethod> _methods;
    private readonly int _threads;
    private readonly CancellationToken _cancellation;
    private readonly Calibrator _calibrator;
    private readonly AnswerMeter _meter;
    private readonly DecompositionTrials? _trials;
    private readonly Dictionary<(string Site, LayerChoice Choice), ImmutableArray<ConvolutionPair>> _pairs = [];

    /// <summary>Runs the original network on the images.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="methods">How layers are decomposed.</param>
    /// <param name="options">What is wanted; with images.</param>
    /// <param name="sites">The layers, in the order in which they will be tried.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="DecompositionException">The network has no output whose error could be told.</exception>
    public AnswerErrors(
        Graph graph, IReadOnlyList<IDecompositionMethod> methods, DecompositionOptions options, IEnumerable<DecompositionSite> sites,
        CancellationToken cancellation)
    {
        (_graph, _methods, _cancellation) = (graph, methods, cancellation);
        CalibrationOptions calibration = options.Calibration with
        {
            PositionsPerLayer = Math.Min(options.Calibration.PositionsPerLayer, MostPositions),
        };
        _threads = calibration.Threads;
        DecompositionSite[] all = [.. sites];
        ICalibrationImages images = options.Images!;
        int apart = images.Count / PartApart;
        if (apart > 0 && AreScarce(graph.Infer(), all, images.Count, calibration))
        {
            _calibrator = new Calibrator(graph, new ImageRange(images, AnswerMeter.ImagesFor(graph, options, apart)), calibration, all);
            _meter = new AnswerMeter(graph, options, cancellation, apart);
        }
        else
        {
            _calibrator = new Calibrator(graph, images, calibration, all);
            _meter = new AnswerMeter(graph, options, cancellation);
        }

        _trials = options.TrialsFor(graph, methods);
    }

    /// <summary>Whether a layer has so few positions for each of its inputs that a fit looks better on its own images than it is.</summary>
    /// <param name="facts">Of the network.</param>
    /// <param name="sites">The layers.</param>
    /// <param name="images">How many images there are.</param>
    /// <param name="options">How they are sampled.</param>
    public static bool AreScarce(GraphFacts facts, DecompositionSite[] sites, int images, CalibrationOptions options) => sites.Any(site =>
    {
        (int positions, int inputs) = Calibrator.SampleOf(site, facts[site.Input].Shape, images, options);
        return (long)images * positions < (long)EnoughPositions * inputs;
    });

    /// <summary>The errors of a layer that is decomposed alone. Sites must come in the order that was announced, each once.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="choices">Ranks and methods, none of rank 0.</param>
    /// <returns>The error of each.</returns>
    public IReadOnlyList<double> ErrorsOf(DecompositionSite site, IReadOnlyList<LayerChoice> choices)
    {
        if (choices.All(choice => IsKnown(site, choice)))
        {
            _calibrator.Skip();
            return [.. choices.Select(choice => ErrorOf([(site, choice)]))];
        }

        ImmutableArray<LayerSamples> samples = _calibrator.Next(null, _cancellation);
        ImmutableArray<CompositeConvolution> targets = site.Fold();
        LayerData[] data = [.. samples.Select(group => new LayerData(group.Accumulate(), group))];
        IDecompositionMethod[] methods = [.. _methods.Where(method => choices.Any(choice => choice.Method == method.Name))];
        var results = new ImmutableArray<DecompositionResult>[methods.Length * data.Length];
        Workers.For(
            results.Length, _threads, () => 0, (_, i) => results[i] = Solve(methods[i / data.Length], i % data.Length), _ => { },
            _cancellation);
        foreach (LayerChoice choice in choices)
        {
            int method = Array.FindIndex(methods, method => method.Name == choice.Method);
            _pairs[(site.Name, choice)] =
                [.. Enumerable.Range(0, data.Length).Select(group => results[(method * data.Length) + group][choice.Rank - 1].Pair)];
        }

        foreach (LayerChoice choice in choices)
        {
            _trials?.Add(DecompositionTrials.KeyOf(site, choice), new Trial(_pairs[(site.Name, choice)], []));
        }

        return [.. choices.Select(choice => ErrorOf([(site, choice)]))];

        ImmutableArray<DecompositionResult> Solve(IDecompositionMethod method, int group) => method.DecomposeAll(
            new DecompositionRequest(targets[group], choices.Where(choice => choice.Method == method.Name).Max(choice => choice.Rank))
            {
                Statistics = data[group].Statistics,
                Samples = data[group].Samples,
            });
    }

    /// <summary>The error of the network with some layers decomposed as was asked for before.</summary>
    /// <param name="plan">The layers and what becomes of them; rank 0 for one that stays as it is.</param>
    public double ErrorOf(IEnumerable<(DecompositionSite Site, LayerChoice Choice)> plan)
    {
        (DecompositionSite Site, LayerChoice Choice)[] layers = [.. plan.Where(layer => layer.Choice.Rank > 0)];
        ulong key = DecompositionTrials.KeyOf(layers);
        if (_trials?.FindError(key) is { } known)
        {
            return known;
        }

        var rewriter = new GraphRewriter(_graph);
        foreach ((DecompositionSite site, LayerChoice choice) in layers)
        {
            site.Replace(rewriter, _pairs[(site.Name, choice)]);
        }

        double error = _meter.ErrorOf(rewriter.ToGraph());
        _trials?.AddError(key, error);
        return error;
    }

    // Takes the pairs, too.
    private bool IsKnown(DecompositionSite site, LayerChoice choice)
    {
        if (_trials?.Find(DecompositionTrials.KeyOf(site, choice)) is not { } trial || !trial.Fits(site))
        {
            return false;
        }

        _pairs[(site.Name, choice)] = trial.Pairs;
        return true;
    }
}
