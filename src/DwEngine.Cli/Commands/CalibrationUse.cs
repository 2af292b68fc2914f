using DwEngine.Decomposition;

namespace DwEngine.Cli.Commands;

/// <summary>What a method makes of the data at hand, in words.</summary>
/// <param name="Method">The method.</param>
/// <param name="Images">The images that it used; 0 for none.</param>
/// <param name="Note">What the user may not expect of it; null for nothing.</param>
internal sealed record CalibrationUse(string Method, long Images, string? Note)
{
    /// <summary>Finds out, as <see cref="NetworkDecomposer"/> does.</summary>
    public static CalibrationUse Of(DecompositionOptions options)
    {
        CalibrationData atHand = options.Images is not null ? CalibrationData.Asymmetric
            : options.Statistics is not null ? CalibrationData.Original
            : CalibrationData.None;
        IDecompositionMethod method = options.Method is { } name ? DecompositionMethods.Find(name) : DecompositionMethods.Best(atHand);
        bool wantsImages = method.Wants == CalibrationData.Asymmetric || method.WantsSamples;
        return (options.Images, options.Statistics) switch
        {
            (null, null) => new(method.Name, 0, "Only the weights were used, without data, from which accuracy usually suffers much: give --calibration."),
            (null, { } statistics) => new(method.Name, statistics.Images, wantsImages
                ? $"'{method.Name}' used the statistics of the original network; with images (--calibration) it follows the network as decomposed so far, which usually keeps more accuracy."
                : null),
            ({ } images, { }) when wantsImages => new(
                method.Name, images.Count, $"'{method.Name}' follows the network as decomposed so far, so it used the {images.Count} images of --calibration only, nothing that the file of --statistics held before."),
            ({ } images, var statistics) => new(method.Name, statistics?.Images ?? images.Count, null),
        };
    }
}
