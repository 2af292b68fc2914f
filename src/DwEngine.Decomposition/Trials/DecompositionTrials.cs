using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using DwEngine.Decomposition.Calibration;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition.Trials;

/// <summary>
/// What was found out about a network on one choice of images: what single layers do to the answer, the layers of networks that were made,
/// and the errors of combinations that were tried. With it, another target or another network of a frontier is a matter of seconds, with
/// the same bits. Not safe for several threads.
/// </summary>
public sealed class DecompositionTrials
{
    private readonly Dictionary<string, Trial> _layers = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, double> _errors = [];

    // What was found to be the same, so that the images of a frontier are not read again for each of its networks.
    private (Graph Graph, ICalibrationImages Images, CalibrationOptions Calibration)? _compared;

    /// <summary>Starts with nothing.</summary>
    /// <param name="graph">The network, as it was built or loaded.</param>
    /// <param name="images">The images. Those that tell no identity are read once.</param>
    /// <param name="calibration">How they are sampled; threads do not count.</param>
    public DecompositionTrials(Graph graph, ICalibrationImages images, CalibrationOptions calibration)
        : this(SourceOf(graph, images, calibration)) => _compared = (graph, images, calibration);

    internal DecompositionTrials(ulong source) => Source = source;

    /// <summary>A hash of all that results depend on: network, images, how they are sampled, and the version of this library.</summary>
    public ulong Source { get; }

    /// <summary>How many layers and combinations are known.</summary>
    public int Count => _layers.Count + _errors.Count;

    internal IReadOnlyDictionary<string, Trial> Layers => _layers;

    internal IReadOnlyDictionary<ulong, double> Errors => _errors;

    /// <summary>Compares the network and the images with those that results were found with.</summary>
    /// <exception cref="DecompositionException">They differ.</exception>
    public void RequireSource(Graph graph, ICalibrationImages images, CalibrationOptions calibration)
    {
        if (_compared is { } known && ReferenceEquals(known.Graph, graph) && ReferenceEquals(known.Images, images)
            && known.Calibration == calibration)
        {
            return;
        }

        if (SourceOf(graph, images, calibration) != Source)
        {
            throw new DecompositionException(
                "The trials are of another network, other images or another choice of them, another seed or memory bound, or they were "
                + "made by another version.");
        }

        _compared = (graph, images, calibration);
    }

    /// <summary>The key of a layer that is decomposed alone.</summary>
    internal static string KeyOf(DecompositionSite site, LayerChoice choice) => Hash($"alone {Text(site, choice)}");

    /// <summary>The key of a layer in a network whose earlier layers are decomposed so.</summary>
    internal static string KeyAfter(string earlier, DecompositionSite site, LayerChoice choice) =>
        Hash($"after {earlier} then {Text(site, choice)}");

    /// <summary>What tells a layer that was decomposed from others.</summary>
    internal static string Text(DecompositionSite site, LayerChoice choice) =>
        string.Create(CultureInfo.InvariantCulture, $"{choice.Rank} {choice.Method} {site.Name}\n");

    /// <summary>The key of a combination.</summary>
    internal static ulong KeyOf(IEnumerable<(DecompositionSite Site, LayerChoice Choice)> plan) => Number(string.Concat(
        plan.Where(layer => layer.Choice.Rank > 0).Select(layer => Text(layer.Site, layer.Choice)).Order(StringComparer.Ordinal)));

    internal Trial? Find(string key) => _layers.GetValueOrDefault(key);

    internal void Add(string key, Trial trial) => _layers[key] = trial;

    internal double? FindError(ulong key) => _errors.TryGetValue(key, out double error) ? error : null;

    internal void AddError(ulong key, double error) => _errors[key] = error;

    // The content of images without identity is what tells them apart.
    private static ulong SourceOf(Graph graph, ICalibrationImages images, CalibrationOptions calibration)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(calibration);
        CalibrationSource source = CalibrationSource.Of(graph, images);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{typeof(DecompositionTrials).Assembly.GetName().Version} {source.Network} {source.Preparation} "
            + $"{calibration.PositionsPerLayer} {calibration.PositionsPerImage} {calibration.Seed} {calibration.FirstImage} "
            + $"{calibration.Memory} {images.Count}")));
        float[] pixels = [];
        for (int image = 0; image < images.Count; image++)
        {
            if (images.IdentityOf(image) is { } identity)
            {
                hash.AppendData(BitConverter.GetBytes(identity));
                continue;
            }

            if (pixels.Length == 0)
            {
                pixels = new float[graph.Inputs[0].DefaultShape.With(0, 1).ElementCount];
            }

            images.Read(image, pixels);
            hash.AppendData(MemoryMarshal.AsBytes<float>(pixels));
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    private static ulong Number(string text) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>A layer that was decomposed.</summary>
/// <param name="Pairs">One for each group.</param>
/// <param name="Figures">What was found out about it.</param>
internal sealed record Trial(ImmutableArray<ConvolutionPair> Pairs, ImmutableArray<double> Figures)
{
    /// <summary>Whether the pairs have the shapes of a layer; a file may claim anything.</summary>
    public bool Fits(DecompositionSite site)
    {
        CompositeConvolution target = site.Fold()[0];
        return Pairs.Length == site.Groups && Pairs.All(pair =>
            (pair.Outputs, pair.Inputs, pair.KernelHeight, pair.KernelWidth)
                == (target.Outputs, target.Inputs, target.KernelHeight, target.KernelWidth)
            && pair.GetType() == Pairs[0].GetType() && pair.Pointwise.Columns == Pairs[0].Pointwise.Columns);
    }
}
