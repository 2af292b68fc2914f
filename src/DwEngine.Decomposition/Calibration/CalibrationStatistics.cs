using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition.Calibration;

/// <summary>The statistics of one layer, or of one group of it.</summary>
/// <param name="Layer">The name of the regular convolution's node.</param>
/// <param name="Group">The group, from 0.</param>
/// <param name="Statistics">The sums.</param>
public sealed record LayerStatisticsEntry(string Layer, int Group, LayerStatistics Statistics);

/// <summary>
/// What the original network's convolutions see on calibration images: additive, so that it can be gathered in parts, saved and merged. The
/// methods that look at the network as decomposed so far need images instead.
/// </summary>
public sealed class CalibrationStatistics
{
    /// <summary>Collects statistics.</summary>
    /// <param name="seed">The seed of the positions, see <see cref="CalibrationOptions.Seed"/>.</param>
    /// <param name="images">How many images they are of.</param>
    /// <param name="layers">The layers' statistics, each layer and group once.</param>
    /// <param name="source">The network and how the images were prepared.</param>
    /// <param name="identities">What tells the images from one another, as far as it is known.</param>
    /// <exception cref="DecompositionException">A layer and group occurs twice, or the number of images is negative.</exception>
    public CalibrationStatistics(
        ulong seed, long images, ImmutableArray<LayerStatisticsEntry> layers, CalibrationSource source, ImmutableArray<long> identities)
    {
        var names = new HashSet<(string, int)>();
        if (images < 0 || layers.FirstOrDefault(layer => !names.Add((layer.Layer, layer.Group))) is not null)
        {
            throw new DecompositionException(
                $"Statistics of {Words.Count(images, "image")} with a layer that occurs twice or a negative number of images.");
        }

        Seed = seed;
        Images = images;
        Layers = layers;
        Source = source;
        Identities = identities;
    }

    /// <summary>The seed of the positions.</summary>
    public ulong Seed { get; }

    /// <summary>How many images the statistics are of.</summary>
    public long Images { get; }

    /// <summary>What they are of.</summary>
    public CalibrationSource Source { get; }

    /// <summary>What tells the images from one another, as far as it is known; see <see cref="ICalibrationImages.IdentityOf"/>.</summary>
    public ImmutableArray<long> Identities { get; }

    /// <summary>The layers' statistics.</summary>
    public ImmutableArray<LayerStatisticsEntry> Layers { get; }

    /// <summary>Runs images through a network and sums up what its convolutions see.</summary>
    /// <param name="graph">The network as it was built or loaded, before any pass.</param>
    /// <param name="images">Images for it.</param>
    /// <param name="options">How they are sampled; null for the default.</param>
    /// <param name="layers">
    /// Which layers, by the name of the convolution's node; null for those that a decomposition takes by default.
    /// </param>
    /// <param name="progress">Is told of each layer that is done.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="DecompositionException">
    /// An option is out of range, the memory bound too small, or an activation not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller asked for the end.</exception>
    public static CalibrationStatistics Gather(
        Graph graph,
        ICalibrationImages images,
        CalibrationOptions? options = null,
        Func<string, bool>? layers = null,
        IProgress<string>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(images);
        options ??= CalibrationOptions.Default;
        DecompositionSite[] sites = [.. DecompositionSite.Find(graph).Where(site => layers?.Invoke(site.Name) ?? !site.ReadsNetworkInput)];
        var calibrator = new Calibrator(graph, images, options, sites);
        var entries = ImmutableArray.CreateBuilder<LayerStatisticsEntry>();
        foreach (DecompositionSite site in sites)
        {
            ImmutableArray<LayerSamples> groups = calibrator.Next(null, cancellation);
            entries.AddRange(groups.Select((samples, group) => new LayerStatisticsEntry(site.Name, group, samples.Accumulate())));
            progress?.Report(site.Name);
        }

        return new CalibrationStatistics(
            options.Seed, images.Count, entries.ToImmutable(), CalibrationSource.Of(graph, images), IdentitiesOf(images));
    }

    /// <summary>The statistics of these images and others together; both stay as they are.</summary>
    /// <exception cref="DecompositionException">
    /// The others are of another network, other layers or another seed, or of images that are counted already.
    /// </exception>
    public CalibrationStatistics Merge(CalibrationStatistics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        RequireSource(other.Source);
        RequireNew(other.Identities);
        if (other.Seed != Seed || other.Layers.Length != Layers.Length)
        {
            throw new DecompositionException(
                $"Statistics of {Words.Count(other.Layers.Length, "layer")} and seed {other.Seed} cannot be merged with those of "
                + $"{Words.Count(Layers.Length, "layer")} and seed {Seed}.");
        }

        return new CalibrationStatistics(
            Seed, checked(Images + other.Images), [.. Layers.Select(Together)], Source, [.. Identities, .. other.Identities]);

        LayerStatisticsEntry Together(LayerStatisticsEntry entry)
        {
            if (!other.TryFind(entry.Layer, entry.Group, out LayerStatistics? more))
            {
                throw new DecompositionException($"Statistics without the layer '{entry.Layer}' cannot be merged with some that have it.");
            }

            LayerStatistics sum = new(entry.Statistics.Inputs, entry.Statistics.Outputs);
            sum.Merge(entry.Statistics);
            sum.Merge(more);
            return entry with { Statistics = sum };
        }
    }

    /// <summary>How many of these images they are of already, as far as images can be told apart.</summary>
    public int CountOf(ICalibrationImages images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return CountOf(IdentitiesOf(images));
    }

    /// <summary>Throws if the statistics are not those of a network and its images.</summary>
    /// <exception cref="DecompositionException">They are of another network, or of images that were prepared otherwise.</exception>
    public void RequireSource(CalibrationSource source)
    {
        RequireNetwork(source.Network);
        if (source.Preparation != Source.Preparation)
        {
            throw new DecompositionException(
                "The calibration statistics are of images that were prepared with another size, mean or standard deviation.");
        }
    }

    /// <summary>Throws if the statistics are not those of a network.</summary>
    /// <exception cref="DecompositionException">They are of another network.</exception>
    public void RequireNetwork(ulong network)
    {
        if (network != Source.Network)
        {
            throw new DecompositionException(
                "The calibration statistics are of another network: other weights, layers or size of the input.");
        }
    }

    /// <summary>Finds the statistics of a layer's group.</summary>
    public bool TryFind(string layer, int group, [NotNullWhen(true)] out LayerStatistics? statistics)
    {
        statistics = Layers.FirstOrDefault(entry => entry.Layer == layer && entry.Group == group)?.Statistics;
        return statistics is not null;
    }

    private static ImmutableArray<long> IdentitiesOf(ICalibrationImages images) =>
        [.. Enumerable.Range(0, images.Count).Select(images.IdentityOf).OfType<long>()];

    private int CountOf(ImmutableArray<long> identities) => identities.Count(Identities.ToHashSet().Contains);

    private void RequireNew(ImmutableArray<long> identities)
    {
        int counted = CountOf(identities);
        if (counted > 0)
        {
            throw new DecompositionException(
                $"{counted} of {Words.Count(identities.Length, "image")} are among the {Images} that the calibration statistics are "
                + "of already.");
        }
    }
}
