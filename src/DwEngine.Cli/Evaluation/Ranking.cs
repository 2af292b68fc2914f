using DwEngine.Runtime;

namespace DwEngine.Cli.Evaluation;

/// <summary>
/// Classes in the order of a network's logits. Of equal logits the class that comes first counts as the greater, so that ranks are unique.
/// </summary>
internal static class Ranking
{
    /// <summary>How many classes stand before a class: 0 for the network's first answer.</summary>
    public static int RankOf(ReadOnlySpan<float> logits, int label)
    {
        float own = logits[label];
        int rank = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (logits[i] > own || (logits[i] == own && i < label))
            {
                rank++;
            }
        }

        return rank;
    }

    /// <summary>The network's first answer.</summary>
    public static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    /// <summary>The first answers with their probabilities: the softmax of the logits.</summary>
    /// <param name="logits">Finite numbers.</param>
    /// <param name="labels">The classes' names, or null.</param>
    /// <param name="count">How many answers at most.</param>
    public static IReadOnlyList<Prediction> Top(float[] logits, IReadOnlyList<string>? labels, int count)
    {
        float[] probabilities = new float[logits.Length];
        Probabilities.FromLogits(logits, probabilities);
        return
        [
            .. logits.Select((logit, index) => (Logit: logit, Index: index))
                .OrderByDescending(pair => pair.Logit)
                .ThenBy(pair => pair.Index)
                .Take(count)
                .Select(pair => new Prediction(pair.Index, labels?[pair.Index], probabilities[pair.Index])),
        ];
    }
}
