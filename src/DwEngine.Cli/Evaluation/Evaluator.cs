using System.Runtime.ExceptionServices;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Images;
using DwEngine.Runtime;

namespace DwEngine.Cli.Evaluation;

/// <summary>
/// Runs a model over labelled images, several at a time, each in a session of one thread. The result does not depend on how many.
/// </summary>
internal static class Evaluator
{
    /// <summary>Counts the right answers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How each session runs.</param>
    /// <param name="images">The images; their labels are indices of the model's outputs.</param>
    /// <param name="parallelism">How many run at the same time.</param>
    /// <param name="progress">Counts the images.</param>
    /// <param name="cancellation">Stops it between two images.</param>
    /// <exception cref="FileFormatException">An image cannot be decoded.</exception>
    public static Accuracy Evaluate(
        Model model,
        SessionOptions options,
        IReadOnlyList<LabelledImage> images,
        int parallelism,
        DelayedProgress progress,
        CancellationToken cancellation)
    {
        Preprocessing preprocessing = Preprocessing.For(model.Metadata);
        int[] ranks = new int[images.Count];
        try
        {
            Parallel.For(
                0,
                images.Count,
                new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation },
                () => new ImageRunner(model, options, preprocessing),
                (index, _, runner) =>
                {
                    ranks[index] = Ranking.RankOf(runner.Run(images[index].Path), images[index].Label);
                    progress.Increment();
                    return runner;
                },
                runner => runner.Dispose());
        }
        catch (AggregateException errors)
        {
            // Several images may be bad; the first that was met is enough for one line.
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        return new Accuracy(images.Count, ranks.Count(rank => rank < 1), ranks.Count(rank => rank < 5));
    }
}
