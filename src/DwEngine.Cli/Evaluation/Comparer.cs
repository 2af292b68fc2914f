using DwEngine.Cli.Input;
using DwEngine.Cli.Measurement;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.Cli.Evaluation;

/// <summary>Runs two models over the same images and measures the time of both in turns.</summary>
internal static class Comparer
{
    private const int Runs = 300;

    private static readonly TimeSpan s_measuringTime = TimeSpan.FromSeconds(3);

    /// <summary>Compares two models. Each gets the images as its own metadata want them.</summary>
    /// <param name="first">A model.</param>
    /// <param name="second">Another with as many outputs.</param>
    /// <param name="images">The images, with classes or without.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else it is skipped.</param>
    /// <param name="context">Where progress is shown.</param>
    /// <param name="cancellation">Stops it between two images or runs.</param>
    /// <exception cref="FileFormatException">An image cannot be read, or, if not strict, most cannot.</exception>
    /// <exception cref="CommandException">The numbers of outputs differ, or a logit is not finite.</exception>
    public static Agreement Compare(
        NetworkModel first,
        NetworkModel second,
        EvaluationImages images,
        bool isStrict,
        CommandContext context,
        CancellationToken cancellation)
    {
        ImageSweep<Answer> sweep;
        using (var progress = new DelayedProgress(context, "comparing", images.Images.Count))
        {
            sweep = Answers(first, second, images, isStrict, progress, cancellation);
        }

        (double firstTime, double secondTime, MeasuringConditions conditions) = Measure(first, second, context, cancellation);
        Answer[] answers = [.. sweep.Answers.Select(answer => answer.Answer)];
        return new Agreement
        {
            Sample = sweep.Sample,
            Agreeing = answers.Count(answer => answer.Agrees),
            FirstHits = answers.Count(answer => answer.FirstIsRight),
            SecondHits = answers.Count(answer => answer.SecondIsRight),
            LargestDifference = answers.Max(answer => answer.LargestDifference),
            Error = answers.Sum(answer => answer.Distance) / answers.Sum(answer => answer.Norm),
            FirstMilliseconds = firstTime,
            SecondMilliseconds = secondTime,
            Conditions = conditions,
        };
    }

    /// <summary>The median milliseconds of a run of each on one thread, run in turns.</summary>
    public static (double First, double Second, MeasuringConditions Conditions) Measure(
        Model first, Model second, CommandContext context, CancellationToken cancellation) =>
        Measure(first, second, SessionOptions.Default, context, cancellation);

    /// <summary>The same of inputs of another shape than the networks' own.</summary>
    public static (double First, double Second, MeasuringConditions Conditions) Measure(
        Model first, Model second, SessionOptions options, CommandContext context, CancellationToken cancellation)
    {
        using Session one = first.CreateSession(options), other = second.CreateSession(options);
        using var progress = new DelayedProgress(context, "measuring", Runs);
        Timing[] times = InterleavedBenchmark.Measure(
            [new SessionBenchmark(one), new SessionBenchmark(other)], Runs, s_measuringTime, progress, cancellation);
        return (times[0].Median, times[1].Median, MeasuringConditions.Of(one));
    }

    private static ImageSweep<Answer> Answers(
        NetworkModel first, NetworkModel second, EvaluationImages images, bool isStrict, DelayedProgress progress,
        CancellationToken cancellation)
    {
        Preprocessing firstPreprocessing = Preprocessing.For(first.Metadata), secondPreprocessing = Preprocessing.For(second.Metadata);
        return ImageSweep.Run(
            images,
            isStrict,
            Math.Min(Environment.ProcessorCount, images.Images.Count),
            () => new Runners(
                new ImageRunner(first, SessionOptions.Default, firstPreprocessing),
                new ImageRunner(second, SessionOptions.Default, secondPreprocessing)),
            (runners, image) => Answer.Of(runners.First.Run(image.Path), runners.Second.Run(image.Path), image.Label),
            progress,
            cancellation);
    }

    private sealed record Runners(ImageRunner First, ImageRunner Second) : IDisposable
    {
        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }

    private readonly record struct Answer(
        bool Agrees, bool FirstIsRight, bool SecondIsRight, double LargestDifference, double Distance, double Norm)
    {
        public static Answer Of(ReadOnlySpan<float> first, ReadOnlySpan<float> second, int label)
        {
            double largest = 0, distance = 0, norm = 0;
            for (int i = 0; i < first.Length; i++)
            {
                double difference = (double)second[i] - first[i];
                largest = Math.Max(largest, Math.Abs(difference));
                distance += difference * difference;
                norm += (double)first[i] * first[i];
            }

            int ofFirst = Ranking.Best(first), ofSecond = Ranking.Best(second);
            return new Answer(ofFirst == ofSecond, ofFirst == label, ofSecond == label, largest, distance, norm);
        }
    }
}
