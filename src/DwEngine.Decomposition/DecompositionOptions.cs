using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Decomposition.Trials;
using DwEngine.Graphs;
using DwEngine.Models;

namespace DwEngine.Decomposition;

/// <summary>What decides between ranks.</summary>
public enum RankCriterion
{
    /// <summary>The error of the network's outputs on calibration images.</summary>
    Answer,

    /// <summary>The share of a layer's squared singular values that is lost: of the weights alone.</summary>
    SingularValues,
}

/// <summary>How a network is decomposed.</summary>
public sealed record DecompositionOptions
{
    /// <summary>The largest rank that is tried where the answer decides.</summary>
    public const int RanksByAnswer = 4;

    /// <summary>The default: every layer but the stem, by weights alone, one filter for each channel.</summary>
    public static DecompositionOptions Default { get; } = new();

    /// <summary>
    /// The method's name, see <see cref="DecompositionMethods"/>; null for <see cref="DecompositionMethods.Best"/> of what the data at hand
    /// admit. Where the answer decides between ranks, null lets it decide for each layer between the best method of each
    /// <see cref="PairKind"/> too.
    /// </summary>
    public string? Method { get; init; }

    /// <summary>
    /// Depthwise filters for each input channel, T, at least 1. Layers that are exact with fewer, min(n, q), get no more than these.
    /// </summary>
    public int Rank { get; init; } = 1;

    /// <summary>
    /// The rank and method of each layer, by name, instead of <see cref="Rank"/>: rank 0, or no entry, leaves a layer as it is. Null for
    /// one rank in all. A layer above 0 that the network does not have, or that may not be decomposed, is an error, and so are methods that
    /// want different data. It cannot be combined with <see cref="MaxError"/> or <see cref="TargetSpeedup"/>.
    /// </summary>
    public IReadOnlyDictionary<string, LayerChoice>? Choices { get; init; }

    /// <summary>
    /// The largest relative error of a layer's responses, or of its weights without data; null for any. Each layer gets the fewest filters,
    /// up to <see cref="Rank"/>, that meet it, and is left alone if none do.
    /// </summary>
    public double? MaxError { get; init; }

    /// <summary>
    /// By what factor the whole network is to become cheaper, at least; null to set no target. It counts multiply-adds, and with
    /// <see cref="Measure"/> also time, measured on one thread of this machine. It chooses each layer's rank instead of <see cref="Rank"/>,
    /// by <see cref="Criterion"/>, and leaves layers alone where it can. It cannot be combined with <see cref="MaxError"/>.
    /// </summary>
    public double? TargetSpeedup { get; init; }

    /// <summary>
    /// With <see cref="TargetSpeedup"/>: the most filters for each input channel that a layer gets, at least 1. Null for as many as are
    /// cheaper than the layer, but <see cref="RanksByAnswer"/> where the answer decides.
    /// </summary>
    public int? LargestRank
    {
        get => field ?? (GoesByAnswer ? RanksByAnswer : null);
        init;
    }

    /// <summary>
    /// With <see cref="TargetSpeedup"/>: what decides between ranks. Null for the answer where there are <see cref="Images"/>, and the
    /// singular values where there are none.
    /// </summary>
    public RankCriterion? Criterion { get; init; }

    /// <summary>With <see cref="TargetSpeedup"/>: is told of each layer whose ranks were tried; null for nobody.</summary>
    public IProgress<string>? PlanningProgress { get; init; }

    /// <summary>
    /// Which layers to decompose, by the name of the regular convolution's node. Null for all but those that read the network's input: a
    /// stem has few channels, and no 1x1 convolution follows it that the pair could take in.
    /// </summary>
    public Func<string, bool>? Layers { get; init; }

    /// <summary>
    /// Whether each layer is timed on this machine before and after. One that is not faster decomposed is then left alone, unless
    /// <see cref="Force"/>.
    /// </summary>
    public bool Measure { get; init; }

    /// <summary>Whether layers are decomposed also where that is not faster.</summary>
    public bool Force { get; init; }

    /// <summary>Images to calibrate on; null for none.</summary>
    public ICalibrationImages? Images { get; init; }

    /// <summary>
    /// Statistics of the original network that were gathered before; null for none. They serve instead of <see cref="Images"/> where they
    /// suffice.
    /// </summary>
    public CalibrationStatistics? Statistics { get; init; }

    /// <summary>
    /// What was found out before with the same network, <see cref="Images"/> and <see cref="Calibration"/>; what is found out now is added.
    /// Null for nothing. Methods of one's own, and those that get <see cref="Statistics"/>, take no part in it, and neither do layers under
    /// <see cref="MaxError"/>.
    /// </summary>
    public DecompositionTrials? Trials { get; init; }

    /// <summary>How <see cref="Images"/> are sampled.</summary>
    public CalibrationOptions Calibration { get; init; } = CalibrationOptions.Default;

    /// <summary>Whether ranks are chosen by what they do to the answer.</summary>
    internal bool GoesByAnswer => TargetSpeedup is not null
        && (Criterion ?? (Images is null ? RankCriterion.SingularValues : RankCriterion.Answer)) == RankCriterion.Answer;

    /// <summary>The data at hand.</summary>
    public CalibrationData Data =>
        Images is not null ? CalibrationData.Asymmetric : Statistics is not null ? CalibrationData.Original : CalibrationData.None;

    /// <summary>The method that <see cref="Method"/> names, or the best for <see cref="Data"/>.</summary>
    /// <exception cref="DecompositionException">There is no such method.</exception>
    public IDecompositionMethod ChosenMethod => Method is { } name ? DecompositionMethods.Find(name) : DecompositionMethods.Best(Data);

    /// <summary>The methods between which the answer decides, the first of which stands for all where it does not.</summary>
    internal ImmutableArray<IDecompositionMethod> CompetingMethods => Method is null && Images is not null
        ? [ChosenMethod, DecompositionMethods.All.Last(method => method.Needs <= Data && method.Kind == PairKind.Channel)]
        : [ChosenMethod];

    /// <summary>
    /// Whether a method gets <see cref="Statistics"/>, if any, and no image is read: those that follow the network as decomposed so far, or
    /// look at samples, get <see cref="Images"/> where there are some.
    /// </summary>
    public bool UsesStatisticsFor(IDecompositionMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        bool wantsImages = method.Wants == CalibrationData.Asymmetric || method.WantsSamples;
        return Images is null || (Statistics is not null && !wantsImages);
    }

    /// <summary><see cref="Trials"/>, where methods and images are those that they are of.</summary>
    /// <exception cref="DecompositionException">There are no images, or they, the network or how it is sampled are others.</exception>
    internal DecompositionTrials? TrialsFor(Graph graph, IEnumerable<IDecompositionMethod> methods)
    {
        Trials?.RequireSource(
            graph, Images ?? throw new DecompositionException("Trials are of calibration images; there are none."), Calibration);
        return methods.All(method => DecompositionMethods.All.Contains(method) && !UsesStatisticsFor(method)) ? Trials : null;
    }

    internal void Validate()
    {
        if (Rank < 1)
        {
            throw new DecompositionException($"Rank {Rank}; at least 1 was expected.");
        }

        if (Choices is not null && (MaxError is not null || TargetSpeedup is not null || Choices.Values.Any(layer => layer.Rank < 0)))
        {
            throw new DecompositionException(
                "Ranks of layers; none below 0, and neither a largest error nor a speedup beside them, was expected.");
        }

        if (MaxError is { } error && !(error >= 0))
        {
            throw new DecompositionException($"A largest error of {error}; at least 0 was expected.");
        }

        if (TargetSpeedup is { } speedup && !(speedup >= 1 && MaxError is null))
        {
            throw new DecompositionException($"A speedup of {speedup}; at least 1, and no largest error beside it, was expected.");
        }

        if (LargestRank < 1)
        {
            throw new DecompositionException($"A largest rank of {LargestRank}; at least 1 was expected.");
        }

        if (GoesByAnswer && Images is null)
        {
            throw new DecompositionException("Ranks are chosen by the answer on calibration images; there are none.");
        }
    }
}
