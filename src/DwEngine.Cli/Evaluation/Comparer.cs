using System.Runtime.ExceptionServices;
using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;
using DwEngine.Images;
using DwEngine.Runtime;

namespace DwEngine.Cli.Evaluation;

/// <summary>Runs two models over the same images and measures the time of both in turns.</summary>
internal static class Comparer
{
    private const int Runs = 300;

    private static readonly TimeSpan s_measuringTime = TimeSpan.FromSeconds(3);

    /// <summary>Compares two models. Each gets the images as its own metadata want them.</summary>
    /// <param name="first">A model.</param>
    /// <param name="second">Another with as many outputs.</param>
    /// <param name="images">The images; their labels are indices of the models' outputs.</param>
    /// <param name="parallelism">How many images run at the same time. The answers do not depend on it.</param>
    /// <param name="context">Where progress is shown.</param>
    /// <param name="cancellation">Stops it between two images or runs.</param>
    /// <exception cref="FileFormatException">An image cannot be decoded.</exception>
    /// <exception cref="CommandException">The numbers of outputs differ, or a logit is not finite.</exception>
    public static Agreement Compare(
        Model first,
        Model second,
        IReadOnlyList<LabelledImage> images,
        int parallelism,
        CommandContext context,
        CancellationToken cancellation)
    {
        Answer[] answers;
        using (var progress = new DelayedProgress(context, "comparing", images.Count))
        {
            answers = Answers(first, second, images, parallelism, progress, cancellation);
        }

        (double firstTime, double secondTime) = Measure(first, second, context, cancellation);
        return new Agreement
        {
            Images = answers.Length,
            Agreeing = answers.Count(answer => answer.Agrees),
            FirstHits = answers.Count(answer => answer.FirstIsRight),
            SecondHits = answers.Count(answer => answer.SecondIsRight),
            LargestDifference = answers.Max(answer => answer.LargestDifference),
            FirstMilliseconds = firstTime,
            SecondMilliseconds = secondTime,
        };
    }

    /// <summary>The median milliseconds of a run of each on one thread, run in turns.</summary>
    public static (double First, double Second) Measure(Model first, Model second, CommandContext context, CancellationToken cancellation)
    {
        using Session one = first.CreateSession(), other = second.CreateSession();
        using var progress = new DelayedProgress(context, "measuring", Runs);
        Timing[] times = InterleavedBenchmark.Measure(
            [new SessionBenchmark(one), new SessionBenchmark(other)], Runs, s_measuringTime, progress, cancellation);
        return (times[0].Median, times[1].Median);
    }

    private static Answer[] Answers(
        Model first,
        Model second,
        IReadOnlyList<LabelledImage> images,
        int parallelism,
        DelayedProgress progress,
        CancellationToken cancellation)
    {
        Preprocessing firstPreprocessing = Preprocessing.For(first.Metadata), secondPreprocessing = Preprocessing.For(second.Metadata);
        var answers = new Answer[images.Count];
        try
        {
            Parallel.For(
                0,
                images.Count,
                new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation },
                () => (First: new ImageRunner(first, SessionOptions.Default, firstPreprocessing),
                    Second: new ImageRunner(second, SessionOptions.Default, secondPreprocessing)),
                (index, _, runners) =>
                {
                    LabelledImage image = images[index];
                    answers[index] = Answer.Of(runners.First.Run(image.Path), runners.Second.Run(image.Path), image.Label);
                    progress.Increment();
                    return runners;
                },
                runners =>
                {
                    runners.First.Dispose();
                    runners.Second.Dispose();
                });
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        return answers;
    }

    private readonly record struct Answer(bool Agrees, bool FirstIsRight, bool SecondIsRight, double LargestDifference)
    {
        public static Answer Of(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int label)
        {
            double largest = 0;
            for (int i = 0; i < first.Length; i++)
            {
                largest = Math.Max(largest, Math.Abs((double)first[i] - second[i]));
            }

            int ofFirst = Ranking.Best(first), ofSecond = Ranking.Best(second);
            return new Answer(ofFirst == ofSecond, ofFirst == label, ofSecond == label, largest);
        }
    }
}
