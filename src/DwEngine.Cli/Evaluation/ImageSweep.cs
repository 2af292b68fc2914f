using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Vision;

namespace DwEngine.Cli.Evaluation;

/// <summary>What networks said of images, without those that could not be read.</summary>
/// <typeparam name="T">What was found out of an image.</typeparam>
/// <param name="Answers">One for each image that could be read, in the order of the images.</param>
/// <param name="Sample">Which images these were.</param>
internal sealed record ImageSweep<T>(IReadOnlyList<(int Label, T Answer)> Answers, Sample Sample);

/// <summary>Which images of a folder stand behind a result.</summary>
/// <param name="Chosen">What was chosen.</param>
/// <param name="Images">How many images were read.</param>
/// <param name="Classes">Of how many classes.</param>
/// <param name="Unreadable">Those that were skipped.</param>
internal sealed record Sample(EvaluationImages Chosen, int Images, int Classes, ImmutableArray<UnreadableImage> Unreadable)
{
    /// <summary>The number of images, of all in the folder and by class.</summary>
    public string Text
    {
        get
        {
            string images = Images == Chosen.Found ? Format.Count(Images) : $"{Format.Count(Images)} of {Format.Count(Chosen.Found)}";
            string classes = Classes == Chosen.Classes.Length ? $"all {Classes} classes" : $"{Classes} of {Chosen.Classes.Length} classes";
            return Chosen.IsLabelled ? $"{images}, from {classes}" : images;
        }
    }

    /// <summary>What was passed over, is missing, or was skipped.</summary>
    public IEnumerable<string> Warnings => Chosen.Warnings.Concat(Skipped(Unreadable));

    /// <summary>A sentence on images that were skipped; nothing where none were.</summary>
    public static IEnumerable<string> Skipped(IReadOnlyList<UnreadableImage> unreadable)
    {
        const int Shown = 10;
        return unreadable.Count == 0 ? []
            : [$"skipped {Format.Count(unreadable.Count)} {(unreadable.Count == 1 ? "image" : "images")} that cannot be read: "
                + string.Join("; ", unreadable.Take(Shown).Select(image => image.Problem))
                + (unreadable.Count > Shown ? $"; and {Format.Count(unreadable.Count - Shown)} more (--json names all)." : ".")];
    }

    /// <summary>Writes the member <c>skipped</c>, an array of images and errors.</summary>
    public static void WriteSkipped(Utf8JsonWriter json, IEnumerable<UnreadableImage> unreadable)
    {
        json.WriteStartArray("skipped");
        foreach (UnreadableImage image in unreadable)
        {
            json.WriteStartObject();
            json.WriteString("image", image.Path);
            json.WriteString("error", image.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the members <c>images</c>, <c>images_found</c>, <c>classes</c>, <c>class_match</c> and <c>skipped</c>.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("images", Images);
        json.WriteNumber("images_found", Chosen.Found);
        json.WriteNumber("classes", Classes);
        json.WriteString("class_match", Chosen.Match.ToString().ToLowerInvariant());
        WriteSkipped(json, Unreadable);
    }
}

/// <summary>Runs something on each of many images, several at a time.</summary>
internal static class ImageSweep
{
    /// <summary>Runs it. The result does not depend on how many run at a time.</summary>
    /// <typeparam name="TRunner">What a thread needs.</typeparam>
    /// <typeparam name="T">What is found out of an image.</typeparam>
    /// <param name="images">The images.</param>
    /// <param name="isStrict">Whether an image that cannot be read is an error; else it is skipped.</param>
    /// <param name="parallelism">How many run at the same time.</param>
    /// <param name="start">Makes what a thread needs.</param>
    /// <param name="run">Runs one image.</param>
    /// <param name="progress">Counts the images.</param>
    /// <param name="cancellation">Stops it between two images.</param>
    /// <exception cref="FileFormatException">An image cannot be read, or, if not strict, most cannot.</exception>
    public static ImageSweep<T> Run<TRunner, T>(
        EvaluationImages images,
        bool isStrict,
        int parallelism,
        Func<TRunner> start,
        Func<TRunner, LabelledImage, T> run,
        DelayedProgress progress,
        CancellationToken cancellation)
        where TRunner : IDisposable
    {
        IReadOnlyList<LabelledImage> chosen = images.Images;
        var answers = new T[chosen.Count];
        var problems = new UnreadableImage?[chosen.Count];
        try
        {
            Parallel.For(
                0,
                chosen.Count,
                new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation },
                start,
                (index, _, runner) =>
                {
                    try
                    {
                        answers[index] = run(runner, chosen[index]);
                    }
                    catch (Exception error) when (!isStrict && UnreadableImage.IsCause(error))
                    {
                        problems[index] = new UnreadableImage(chosen[index].Path, error.Message);
                    }

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

        ImmutableArray<UnreadableImage> unreadable = [.. problems.OfType<UnreadableImage>()];
        UnreadableImage.ThrowIfMost(images.Directory, chosen.Count, unreadable);
        (int Label, T Answer)[] read = [.. chosen.Select((image, i) => (image.Label, answers[i])).Where((_, i) => problems[i] is null)];
        int classes = images.IsLabelled ? read.Select(answer => answer.Label).Distinct().Count() : 0;
        return new ImageSweep<T>(read, new Sample(images, read.Length, classes, unreadable));
    }
}
