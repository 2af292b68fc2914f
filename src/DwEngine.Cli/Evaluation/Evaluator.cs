using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.Cli.Evaluation;

/// <summary>
/// Runs a model over labelled images, several at a time, each in a session of one thread. The result does not depend on how many.
/// </summary>
internal static class Evaluator
{
    /// <summary>Counts the right answers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How each session runs.</param>
    /// <param name="images">The images, with classes.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else it is skipped.</param>
    /// <param name="parallelism">How many run at the same time.</param>
    /// <param name="progress">Counts the images.</param>
    /// <param name="cancellation">Stops it between two images.</param>
    /// <exception cref="FileFormatException">An image cannot be read, or, if not strict, most cannot.</exception>
    public static Accuracy Evaluate(
        NetworkModel model,
        SessionOptions options,
        EvaluationImages images,
        bool isStrict,
        int parallelism,
        DelayedProgress progress,
        CancellationToken cancellation)
    {
        Preprocessing preprocessing = Preprocessing.For(model.Metadata);
        ImageSweep<int> ranks = ImageSweep.Run(
            images,
            isStrict,
            parallelism,
            () => new ImageRunner(model, options, preprocessing),
            (runner, image) => Ranking.RankOf(runner.Run(image.Path), image.Label),
            progress,
            cancellation);
        return new Accuracy(ranks.Sample, ranks.Answers.Count(rank => rank.Answer < 1), ranks.Answers.Count(rank => rank.Answer < 5));
    }
}
