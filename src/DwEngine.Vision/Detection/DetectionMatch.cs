using System.Collections.Immutable;

namespace DwEngine.Vision.Detection;

/// <summary>
/// Which objects of two lists are the same: of one label, with boxes that overlap enough. The surest objects choose first, each the one
/// that overlaps it most, as detection benchmarks match them.
/// </summary>
public sealed class DetectionMatch
{
    private DetectionMatch(
        List<(DetectedObject Expected, DetectedObject Found)> pairs, List<DetectedObject> missed, List<DetectedObject> extra) =>
        (Pairs, Missed, Extra) = ([.. pairs], [.. missed], [.. extra]);

    /// <summary>The same objects: as they were expected, and as they were found.</summary>
    public ImmutableArray<(DetectedObject Expected, DetectedObject Found)> Pairs { get; }

    /// <summary>Expected objects that were not found.</summary>
    public ImmutableArray<DetectedObject> Missed { get; }

    /// <summary>Found objects that were not expected.</summary>
    public ImmutableArray<DetectedObject> Extra { get; }

    /// <summary>Matches two lists of one picture.</summary>
    /// <param name="expected">What should be found.</param>
    /// <param name="found">What was found.</param>
    /// <param name="minimumOverlap">Overlap that the boxes of one object have at least, above 0 to 1
    /// (<see cref="BoundingBox.Overlap"/>).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minimumOverlap"/> is not above 0 and at most 1.</exception>
    public static DetectionMatch Of(
        IReadOnlyList<DetectedObject> expected, IReadOnlyList<DetectedObject> found, float minimumOverlap = 0.5f)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(found);
        if (!(minimumOverlap is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(minimumOverlap), minimumOverlap, "An overlap above 0 to 1 was expected.");
        }

        List<DetectedObject> left = [.. found.OrderByDescending(one => one.Score)];
        List<(DetectedObject Expected, DetectedObject Found)> pairs = [];
        List<DetectedObject> missed = [];
        foreach (DetectedObject one in expected.OrderByDescending(one => one.Score))
        {
            int best = -1;
            float most = 0;
            for (int i = 0; i < left.Count; i++)
            {
                float overlap = left[i].Label == one.Label ? one.Box.Overlap(left[i].Box) : 0;
                if (overlap >= minimumOverlap && overlap > most)
                {
                    (best, most) = (i, overlap);
                }
            }

            if (best < 0)
            {
                missed.Add(one);
                continue;
            }

            pairs.Add((one, left[best]));
            left.RemoveAt(best);
        }

        return new DetectionMatch(pairs, missed, left);
    }
}
