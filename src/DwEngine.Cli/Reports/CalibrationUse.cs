using DwEngine.Cli.Evaluation;
using DwEngine.Cli.Input;
using DwEngine.Cli.Output;
using DwEngine.Decomposition;
using DwEngine.Vision;

namespace DwEngine.Cli.Reports;

/// <summary>What a method makes of the data at hand, in words.</summary>
/// <param name="Method">The method.</param>
/// <param name="Images">The images that it used; 0 for none.</param>
/// <param name="Note">What the user may not expect of it; null for nothing.</param>
internal sealed record CalibrationUse(string Method, long Images, string? Note)
{
    /// <summary>With fewer images than this, what is found on them says little of others.</summary>
    public const int Few = 32;

    /// <summary>How many images were chosen of how many, and from how many folders.</summary>
    public static string Describe(CalibrationFolder images)
    {
        int found = images.Source.Images.Length, folders = images.Folders.Length;
        string choice = images.Count + images.Unreadable.Count() == found
            ? Format.Count(images.Count)
            : $"a random choice of {Format.Count(images.Count)} of {Format.Count(found)}";
        string few = images.Count < Few ? $". That is few: what is said of the data holds for these only; some hundreds are usual" : "";
        return $"{choice}, from {(folders == 1 ? "one folder" : $"{Format.Count(folders)} folders")}{few}";
    }

    /// <summary>What was passed over in the folder of images.</summary>
    public static IEnumerable<string> Warnings(CalibrationFolder images) =>
        [.. EvaluationImages.PassedOver(images.Source), .. Sample.Skipped(images.Unreadable)];

    /// <summary>Finds out what <see cref="NetworkDecomposer"/> will do.</summary>
    public static CalibrationUse Of(DecompositionOptions options)
    {
        IDecompositionMethod method = options.ChosenMethod;
        if (options.Data == CalibrationData.None)
        {
            return new(method.Name, 0,
                "Only the weights were used, without data, from which accuracy usually suffers much: give --calibration.");
        }

        if (options.UsesStatisticsFor(method))
        {
            return new(method.Name, options.Statistics!.Images, method.Wants <= options.Data && !method.WantsSamples ? null
                : $"'{method.Name}' used the statistics of the original network; with images (--calibration) it follows the network as "
                    + $"decomposed so far, which usually keeps more accuracy.");
        }

        int images = options.Images!.Count;
        return new(method.Name, images, options.Statistics is null ? null
            : $"'{method.Name}' follows the network as decomposed so far, so it used the {Words.Count(images, "image")} of "
                + "--calibration only, nothing that the file of --statistics held before.");
    }
}
