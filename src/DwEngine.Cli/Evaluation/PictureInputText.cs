using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Evaluation;

/// <summary>The words for what pictures become before a network that is no classifier sees them, and for who told it.</summary>
internal static class PictureInputText
{
    /// <summary>One line, without a word of what it is.</summary>
    /// <param name="used">What is done.</param>
    /// <param name="width">Width of the input in pixels.</param>
    /// <param name="height">Height of the input in pixels.</param>
    /// <param name="settings">What the user gave of the pictures.</param>
    /// <param name="given">What the user gave of the network's metadata.</param>
    /// <param name="known">The same, with what the file tells.</param>
    /// <param name="family">The family that the rest is taken from; null for none.</param>
    public static string Of(
        DetectorPreprocessing used, int width, int height, PictureSettings settings, ModelMetadata given, ModelMetadata known,
        DetectorFamily? family)
    {
        (string Name, bool Given, bool FromFile)[] origins =
        [
            ("mean", given.Mean is not null, known.Mean is not null),
            ("std", given.StandardDeviation is not null, known.StandardDeviation is not null),
            ("channels", settings.Order is not null, false),
            ("resize", settings.Fit is not null, false),
        ];
        string assumed = family is null
            ? "Assumed, since neither options nor metadata tell" : $"Assumed, as usual for {family.Name}";
        return string.Join(' ', new[]
        {
            $"{width} x {height}, mean {Format.Numbers(used.Mean)}, "
                + $"std {Format.Numbers(used.StandardDeviation)}, channels {Name(used.Order)}, {Name(used.Fit)}.",
            given.InputSize is null ? "From the network: size." : "",
            Told(
                "From options",
                [.. given.InputSize is null ? [] : s_size, .. origins.Where(value => value.Given).Select(value => value.Name)]),
            Told("From the file", [.. origins.Where(value => !value.Given && value.FromFile).Select(value => value.Name)]),
            Told(assumed, [.. origins.Where(value => !value.Given && !value.FromFile).Select(value => value.Name)]),
        }.Where(text => text.Length > 0));
    }

    private static readonly string[] s_size = ["size"];

    private static string Told(string who, IReadOnlyCollection<string> what) => what.Count == 0 ? "" : $"{who}: {string.Join(", ", what)}.";

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
