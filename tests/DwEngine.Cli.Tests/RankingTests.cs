using DwEngine.Cli.Evaluation;
using Xunit;

namespace DwEngine.Cli.Tests;

[Trait("Category", "Native")]
public sealed class RankingTests
{
    [Fact]
    public void Ranks_are_unique_also_among_equal_logits()
    {
        float[] logits = [1, 3, 3, -2, 1];

        Assert.Equal([2, 0, 1, 4, 3], Enumerable.Range(0, logits.Length).Select(label => Ranking.RankOf(logits, label)));
        Assert.Equal([1, 2, 0, 4, 3], Ranking.Top(logits, null, 99).Select(prediction => prediction.Index));
    }

    [Fact]
    public void Probabilities_of_huge_logits_are_finite()
    {
        IReadOnlyList<Prediction> top = Ranking.Top([1e30f, 1e30f, -1e30f], ["a", "b", "c"], 2);

        Assert.Equal([0.5, 0.5], top.Select(prediction => prediction.Probability));
        Assert.Equal(["a", "b"], top.Select(prediction => prediction.Name));
    }

    [Fact]
    public void Probabilities_are_the_softmax()
    {
        Prediction first = Ranking.Top([0, MathF.Log(3)], null, 1)[0];

        Assert.Equal((1, "class 1"), (first.Index, first.Name));
        Assert.Equal(0.75, first.Probability, 1e-6);
    }
}
