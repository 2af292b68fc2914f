using System.Collections.Immutable;

namespace DwEngine.Decomposition;

/// <summary>How many networks <see cref="NetworkDecomposer"/> looks for between the cheapest and the original.</summary>
public sealed record FrontierOptions
{
    /// <summary>Networks whose ranks the answer decides, at most; at least 2.</summary>
    public int Points { get; init; } = 8;

    /// <summary>
    /// Whether cost is the time of a run, measured on one thread of this machine. If not, it is multiply-adds, so that the same call gives
    /// the same networks on any machine.
    /// </summary>
    public bool ByTime { get; init; }

    /// <summary>Networks that are made to compare with, at most. Those that nothing beats are to choose from, too.</summary>
    public const int MostOthers = FrontierFinder.PointsByWeights + FrontierFinder.LargestOneRank;
}

/// <summary>How the ranks of a network were chosen.</summary>
public enum FrontierKind
{
    /// <summary>By what they do to the answer, see <see cref="RankCriterion.Answer"/>.</summary>
    Answer,

    /// <summary>By the weights alone, see <see cref="RankCriterion.SingularValues"/>.</summary>
    SingularValues,

    /// <summary>The same in each layer.</summary>
    OneRank,
}

/// <summary>A network between the cheapest and the original.</summary>
/// <param name="Kind">How its ranks were chosen.</param>
/// <param name="Choices">Rank and method of each layer that may be decomposed, by name; rank 0 for one that stays as it is.</param>
/// <param name="Decomposition">The network.</param>
/// <param name="AnswerError">
/// The squared error of its outputs on calibration images, relative to the variance of the original's; of several outputs, the mean.
/// </param>
public sealed record FrontierPoint(
    FrontierKind Kind, ImmutableSortedDictionary<string, LayerChoice> Choices, NetworkDecomposition Decomposition, double AnswerError)
{
    /// <summary>The time of a run, relative to the original's; null unless <see cref="FrontierOptions.ByTime"/>.</summary>
    public double? RelativeTime { get; init; }
}

/// <summary>Networks to choose from.</summary>
/// <param name="Points">
/// From cheap to dear, each nearer to the original's answer than the one before: of all networks that were made, those that none beats.
/// Cost is multiply-adds, or time where <see cref="FrontierOptions.ByTime"/> says so.
/// </param>
/// <param name="Others">
/// To compare with, from cheap to dear: ranks by singular values, then one rank in all layers. Some may be points as well.
/// </param>
public sealed record NetworkFrontier(ImmutableArray<FrontierPoint> Points, ImmutableArray<FrontierPoint> Others)
{
    /// <summary>
    /// Whether a layer has so few sampled positions for each of its inputs that networks look better on the images that they were fitted
    /// to, by which their errors were measured, than they are on others.
    /// </summary>
    public bool HasFewPositions { get; init; }

    /// <summary>Those that none beats: each costs more than the one before and has a lower error.</summary>
    /// <typeparam name="T">Networks, or what stands for them.</typeparam>
    /// <param name="networks">All of them.</param>
    /// <param name="cost">What one costs, by any measure.</param>
    /// <param name="error">How far one is from the original, by any measure.</param>
    /// <returns>From cheap to dear.</returns>
    public static ImmutableArray<T> Unbeaten<T>(IEnumerable<T> networks, Func<T, double> cost, Func<T, double> error)
    {
        ArgumentNullException.ThrowIfNull(networks);
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(error);
        var unbeaten = ImmutableArray.CreateBuilder<T>();
        foreach (T network in networks.OrderBy(cost).ThenBy(error))
        {
            if (unbeaten.Count == 0 || error(network) < error(unbeaten[^1]))
            {
                unbeaten.Add(network);
            }
        }

        return unbeaten.ToImmutable();
    }
}
