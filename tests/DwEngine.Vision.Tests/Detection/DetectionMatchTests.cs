using DwEngine.Vision.Detection;
using Xunit;

namespace DwEngine.Vision.Tests.Detection;

public class DetectionMatchTests
{
    [Fact]
    public void Each_object_is_matched_once_and_the_surest_choose_first()
    {
        DetectedObject sure = Cat(0.9f, 0), weak = Cat(0.6f, 2), found = Cat(0.8f, 1), far = Cat(0.7f, 100);

        var match = DetectionMatch.Of([weak, sure], [far, found], 0.5f);

        Assert.Equal([(sure, found)], match.Pairs);
        Assert.Equal([weak], match.Missed);
        Assert.Equal([far], match.Extra);
    }

    [Fact]
    public void Of_several_the_one_that_overlaps_most_is_taken()
    {
        DetectedObject one = Cat(0.9f, 0), near = Cat(0.5f, 1), nearer = Cat(0.4f, 0.5f);

        Assert.Equal([(one, nearer)], DetectionMatch.Of([one], [near, nearer]).Pairs);
    }

    [Fact]
    public void Another_label_or_too_little_overlap_is_no_match()
    {
        DetectedObject cat = Cat(0.9f, 0);

        Assert.Empty(DetectionMatch.Of([cat], [cat with { Label = "dog" }]).Pairs);
        Assert.Empty(DetectionMatch.Of([cat], [Cat(0.9f, 5)], 0.5f).Pairs);
        Assert.Single(DetectionMatch.Of([cat], [Cat(0.9f, 5)], 0.3f).Pairs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.1f)]
    [InlineData(float.NaN)]
    public void An_overlap_that_says_nothing_is_refused(float overlap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DetectionMatch.Of([], [], overlap));

    private static DetectedObject Cat(float score, float left) => new("cat", score, new BoundingBox(left, 0, left + 10, 10));
}
