using System.Collections.Immutable;
using DwEngine.Graphs;

namespace DwEngine.Decomposition.Calibration;

/// <summary>What is known of the data that a layer, or a group of it, sees.</summary>
/// <param name="Statistics">Sums over positions; null without data.</param>
/// <param name="Samples">The positions themselves; null if they are not at hand.</param>
internal readonly record struct LayerData(LayerStatistics? Statistics, LayerSamples? Samples);

/// <summary>Gives each layer in turn the data that a method wants, from images or from statistics.</summary>
internal sealed class LayerDataSource
{
    private readonly CalibrationStatistics? _statistics;
    private readonly Calibrator? _calibrator;
    private readonly bool _isAsymmetric;

    /// <summary>Finds out where the data come from.</summary>
    /// <exception cref="DecompositionException">The method needs data that are not at hand, or an option is out of range.</exception>
    public LayerDataSource(
        Graph graph, IReadOnlyList<IDecompositionMethod> methods, DecompositionOptions options, IEnumerable<DecompositionSite> sites)
    {
        CalibrationData atHand = options.Data;
        if (methods.FirstOrDefault(method => method.Needs > atHand) is { } needy)
        {
            throw new DecompositionException(atHand == CalibrationData.None
                ? $"The method '{needy.Name}' needs calibration data."
                : $"The method '{needy.Name}' needs calibration images: "
                    + "statistics describe the original network, not the one decomposed so far.");
        }

        if (methods.FirstOrDefault(other => other.Wants != methods[0].Wants
            || options.UsesStatisticsFor(other) != options.UsesStatisticsFor(methods[0])) is { } different)
        {
            throw new DecompositionException(
                $"The methods '{methods[0].Name}' and '{different.Name}' want different data, and cannot decompose layers of one network.");
        }

        // A method that wants no data still gets those of the original network, for the error that the report tells.
        if (options.UsesStatisticsFor(methods[0]))
        {
            _statistics = options.Statistics;
            _statistics?.RequireNetwork(CalibrationSource.HashOf(graph));
            return;
        }

        _isAsymmetric = methods[0].Wants == CalibrationData.Asymmetric;
        _calibrator = new Calibrator(graph, options.Images!, options.Calibration, sites);
    }

    /// <summary>The data of the next layer, one for each of its groups; valid until the next call.</summary>
    /// <param name="site">The layer.</param>
    /// <param name="decomposed">The network as decomposed so far.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="DecompositionException">There are no statistics of the layer, or it cannot be sampled.</exception>
    public ImmutableArray<LayerData> Next(DecompositionSite site, Graph decomposed, CancellationToken cancellation)
    {
        if (_calibrator is not null)
        {
            ImmutableArray<LayerSamples> samples = _calibrator.Next(_isAsymmetric ? decomposed : null, cancellation);
            return [.. samples.Select(group => new LayerData(group.Accumulate(), group))];
        }

        return [.. Enumerable.Range(0, site.Groups).Select(group => new LayerData(Find(site.Name, group), null))];
    }

    /// <summary>Passes the next layer over, whose data nobody needs.</summary>
    public void Skip() => _calibrator?.Skip();

    private LayerStatistics? Find(string layer, int group) =>
        _statistics is null ? null
        : _statistics.TryFind(layer, group, out LayerStatistics? found) ? found
        : throw new DecompositionException($"The calibration statistics lack the layer '{layer}'.");
}
