using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Evaluation;

/// <summary>Boxes that end before they begin, which no decoded output has.</summary>
internal static class InvertedBoxes
{
    /// <summary>What to tell of a network's boxes; null for nothing.</summary>
    public static string? WarningOf(IReadOnlyCollection<DetectedObject> objects)
    {
        int inverted = objects.Count(item => item.Box.X2 < item.Box.X1 || item.Box.Y2 < item.Box.Y1);
        return inverted == 0 ? null
            : $"{inverted} of {objects.Count} boxes end left of or above where they begin. The network's boxes may be offsets "
                + "that still need the detector's own decoding: do not trust the places.";
    }
}
