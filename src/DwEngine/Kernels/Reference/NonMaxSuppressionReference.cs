using DwEngine.Kernels.Selection;

namespace DwEngine.Kernels.Reference;

/// <summary>Non-maximum suppression, naive.</summary>
internal static class NonMaxSuppressionReference
{
    /// <summary>Rows of batch, class and box; those behind the last are -1.</summary>
    /// <param name="problem">What is asked for.</param>
    /// <param name="boxes">All boxes.</param>
    /// <param name="scores">All scores.</param>
    public static long[] Run(NonMaxSuppressionProblem problem, float[] boxes, float[] scores)
    {
        long[] output = new long[3 * problem.Rows];
        Array.Fill(output, -1);
        int row = 0;
        for (int group = 0; group < problem.Batches * problem.Classes; group++)
        {
            int image = group / problem.Classes;
            IEnumerable<int> candidates = Enumerable.Range(0, problem.Boxes)
                .Where(box => problem.MinimumScore is not { } minimum || ScoreOf(box) > minimum)
                .Where(box => !float.IsNaN(ScoreOf(box)))
                .OrderByDescending(ScoreOf);
            List<int> kept = [];
            foreach (int box in candidates)
            {
                bool stays = kept.TrueForAll(better => Overlap(EdgesOf(box), EdgesOf(better)) <= problem.MaximumOverlap);
                if (stays && kept.Count < problem.Most)
                {
                    kept.Add(box);
                    new long[] { image, group % problem.Classes, box }.CopyTo(output, 3 * row++);
                }
            }

            float ScoreOf(int box) => scores[(group * problem.Boxes) + box];

            float[] EdgesOf(int box) => Edges(boxes.AsSpan(4 * ((image * problem.Boxes) + box), 4), problem.IsCentered);
        }

        return output;
    }

    // The lower and the upper edge along one axis, then those along the other.
    private static float[] Edges(ReadOnlySpan<float> box, bool isCentered) => isCentered
        ? [box[0] - (box[2] / 2), box[0] + (box[2] / 2), box[1] - (box[3] / 2), box[1] + (box[3] / 2)]
        : [Math.Min(box[0], box[2]), Math.Max(box[0], box[2]), Math.Min(box[1], box[3]), Math.Max(box[1], box[3])];

    // Intersection over union; 0 where a box has no area.
    private static float Overlap(float[] a, float[] b)
    {
        float height = Math.Min(a[1], b[1]) - Math.Max(a[0], b[0]), width = Math.Min(a[3], b[3]) - Math.Max(a[2], b[2]);
        float areaA = (a[1] - a[0]) * (a[3] - a[2]), areaB = (b[1] - b[0]) * (b[3] - b[2]);
        float common = height * width, union = areaA + areaB - common;
        return height > 0 && width > 0 && areaA > 0 && areaB > 0 && common > 0 && union > 0 ? common / union : 0;
    }
}
