using System.Collections.Immutable;
using System.Globalization;

namespace DwEngine.Vision.Detection;

/// <summary>In which order the planes of an input hold the colours.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red, as OpenCV reads pictures.</summary>
    Bgr,
}

/// <summary>What is done to a picture before a detector sees it: <c>(sample / 255 - mean) / standard deviation</c> of the resized
/// picture.</summary>
public sealed record DetectorPreprocessing
{
    /// <summary>How the picture becomes as large as the input.</summary>
    public FitMode Fit { get; init; } = FitMode.Stretch;

    /// <summary>The order of the planes.</summary>
    public ChannelOrder Order { get; init; } = ChannelOrder.Rgb;

    /// <summary>Mean of red, green and blue, in units of the full range 0 to 1.</summary>
    public required ImmutableArray<float> Mean { get; init; }

    /// <summary>Standard deviation of red, green and blue, in the same units; each above 0.</summary>
    public required ImmutableArray<float> StandardDeviation { get; init; }

    /// <summary>The sample that fills what a letterbox leaves over, for all colours.</summary>
    public byte Padding { get; init; } = 114;

    /// <summary>All values that decide what an input holds: the same text, the same input.</summary>
    /// <param name="width">Width of the input in pixels.</param>
    /// <param name="height">Height of the input in pixels.</param>
    public string Describe(int width, int height) =>
        $"{Fit} {width} x {height}, {Order}, mean {Text(Mean)}, std {Text(StandardDeviation)}, padding {Padding}";

    private static string Text(ImmutableArray<float> values) =>
        string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
