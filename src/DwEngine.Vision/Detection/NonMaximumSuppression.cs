namespace DwEngine.Vision.Detection;

/// <summary>Greedy non-maximum suppression within each class: of boxes that overlap, the one of the highest score stays.</summary>
public static class NonMaximumSuppression
{
    // A total order, so that the result does not depend on the order of the boxes.
    // Made once, because a comparer would be wrapped at each call.
    private static readonly Comparison<ScoredBox> s_bestFirst = static (a, b) =>
    {
        int order = b.Score.CompareTo(a.Score);
        order = order != 0 ? order : a.Class.CompareTo(b.Class);
        order = order != 0 ? order : a.Box.X1.CompareTo(b.Box.X1);
        order = order != 0 ? order : a.Box.Y1.CompareTo(b.Box.Y1);
        order = order != 0 ? order : a.Box.X2.CompareTo(b.Box.X2);
        return order != 0 ? order : a.Box.Y2.CompareTo(b.Box.Y2);
    };

    /// <summary>Moves the boxes that stay to the front, the best first. Allocates nothing.</summary>
    /// <param name="boxes">The boxes in any order; what is behind those that stay is of no meaning afterwards.</param>
    /// <param name="maximumOverlap">A box goes that overlaps a better one of its class by more than this
    /// (<see cref="BoundingBox.Overlap"/>).</param>
    /// <returns>How many stay.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The overlap is not within 0 to 1.</exception>
    /// <exception cref="DetectionException">A score or an edge is no finite number.</exception>
    public static int Apply(Span<ScoredBox> boxes, float maximumOverlap)
    {
        if (!(maximumOverlap is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(maximumOverlap), maximumOverlap, "An overlap of 0 to 1 was expected.");
        }

        foreach (ref readonly ScoredBox box in boxes)
        {
            RequireFinite(box);
        }

        boxes.Sort(s_bestFirst);
        int kept = 0;
        for (int i = 0; i < boxes.Length; i++)
        {
            ScoredBox box = boxes[i];
            if (!IsSuppressed(box, boxes[..kept], maximumOverlap))
            {
                boxes[kept++] = box;
            }
        }

        return kept;
    }

    private static bool IsSuppressed(in ScoredBox box, ReadOnlySpan<ScoredBox> better, float maximumOverlap)
    {
        foreach (ref readonly ScoredBox other in better)
        {
            if (other.Class == box.Class && other.Box.Overlap(box.Box) > maximumOverlap)
            {
                return true;
            }
        }

        return false;
    }

    private static void RequireFinite(in ScoredBox box)
    {
        if (!float.IsFinite(box.Score + box.Box.X1 + box.Box.Y1 + box.Box.X2 + box.Box.Y2))
        {
            throw new DetectionException($"Finite scores and edges were expected; found {box}.");
        }
    }
}
