using DwEngine.Testing;
using DwEngine.Vision.Detection;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

public class NonMaximumSuppressionTests
{
    [Property(MaxTest = 200)]
    public Property ItKeepsWhatTheTextbookKeeps() =>
        Prop.ForAll(Gen.Choose(0, 60).Two().ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (sizes, seed) =>
        {
            // Of every other case scores are equal, as those of random boxes seldom are.
            ScoredBox[] boxes = [.. Random(sizes.Item1, seed).Select(box => seed % 2 == 0 ? box : box with { Score = Rounded(box) })];
            float limit = sizes.Item2 / 60f;
            List<ScoredBox> expected = Naive(boxes, limit);

            int kept = NonMaximumSuppression.Apply(boxes, limit);

            return expected.SequenceEqual(boxes[..kept]);
        });

    [Property(MaxTest = 60)]
    public Property TheOrderOfTheBoxesDoesNotMatter() =>
        Prop.ForAll(Gen.Choose(0, 60).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (count, seed) =>
        {
            ScoredBox[] boxes = [.. Random(count, seed).Select(box => box with { Score = Rounded(box) })];
            ScoredBox[] shuffled = [.. boxes];
            new Random(seed).Shuffle(shuffled);
            int first = NonMaximumSuppression.Apply(boxes, 0.4f), second = NonMaximumSuppression.Apply(shuffled, 0.4f);
            return boxes[..first].SequenceEqual(shuffled[..second]);
        });

    [Fact]
    public void It_allocates_nothing()
    {
        ScoredBox[] boxes = Random(500, 3);
        var work = new ScoredBox[boxes.Length];
        Assert.Equal(0, Allocation.Least(() =>
        {
            boxes.CopyTo(work, 0);
            NonMaximumSuppression.Apply(work, 0.45f);
        }));
    }

    [Fact]
    public void Overlap_is_intersection_over_union()
    {
        BoundingBox box = new(0, 0, 2, 2);

        Assert.Equal(1, box.Overlap(box));
        Assert.Equal(1 / 7f, box.Overlap(new(1, 1, 3, 3)));
        Assert.Equal(0, box.Overlap(new(2, 0, 4, 2)));
        Assert.Equal(0, box.Overlap(new(1, 1, 1, 1)));
        Assert.Equal(0, new BoundingBox(1, 1, 1, 1).Overlap(new(1, 1, 1, 1)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_is_refused(float value)
    {
        Assert.Throws<DetectionException>(() => NonMaximumSuppression.Apply([new(0, value, new(0, 0, 1, 1))], 0.5f));
        Assert.Throws<DetectionException>(() => NonMaximumSuppression.Apply([new(0, 0.5f, new(0, 0, value, 1))], 0.5f));
        Assert.Throws<ArgumentOutOfRangeException>(() => NonMaximumSuppression.Apply([], value));
    }

    private static float Rounded(ScoredBox box) => MathF.Round(box.Score, 1);

    private static ScoredBox[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => new ScoredBox(random.Next(3), random.NextSingle(), BoundingBox.Around(
                random.NextSingle() * 20, random.NextSingle() * 20, random.NextSingle() * 15, random.NextSingle() * 15))),
        ];
    }

    // Class by class: the best is taken, and all that overlap it are crossed out.
    private static List<ScoredBox> Naive(IEnumerable<ScoredBox> boxes, float limit)
    {
        List<ScoredBox> kept = [];
        foreach (IGrouping<int, ScoredBox> group in boxes.GroupBy(box => box.Class))
        {
            List<ScoredBox> left = [.. BestFirst(group)];
            while (left is [var best, ..])
            {
                kept.Add(best);
                left.RemoveAll(box => box == best || Overlap(best.Box, box.Box) > limit);
            }
        }

        return [.. BestFirst(kept)];
    }

    // Of equal scores the lower class comes first, then what lies further left or up.
    private static IEnumerable<ScoredBox> BestFirst(IEnumerable<ScoredBox> boxes) => boxes
        .OrderByDescending(box => box.Score).ThenBy(box => box.Class)
        .ThenBy(box => box.Box.X1).ThenBy(box => box.Box.Y1).ThenBy(box => box.Box.X2).ThenBy(box => box.Box.Y2);

    private static float Overlap(BoundingBox a, BoundingBox b)
    {
        float width = Math.Max(0, Math.Min(a.X2, b.X2) - Math.Max(a.X1, b.X1));
        float height = Math.Max(0, Math.Min(a.Y2, b.Y2) - Math.Max(a.Y1, b.Y1));
        float shared = width * height;
        return shared == 0 ? 0 : shared / (((a.X2 - a.X1) * (a.Y2 - a.Y1)) + ((b.X2 - b.X1) * (b.Y2 - b.Y1)) - shared);
    }
}
