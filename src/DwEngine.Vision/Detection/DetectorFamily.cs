using System.Collections.Immutable;
using System.Globalization;

namespace DwEngine.Vision.Detection;

/// <summary>A kind of detector: how its pictures are prepared unless told otherwise, and the decoders of its outputs.</summary>
public sealed class DetectorFamily
{
    private const string UltraFace = "ultraface";

    private readonly ImmutableArray<Func<DetectorSignature, IDetectionDecoder>> _decoders;

    private DetectorFamily(
        string name, DetectorPreprocessing preprocessing, params ImmutableArray<Func<DetectorSignature, IDetectionDecoder>> decoders)
    {
        Name = name;
        Preprocessing = preprocessing;
        _decoders = decoders;
    }

    /// <summary>All families.</summary>
    public static ImmutableArray<DetectorFamily> All { get; } =
    [
        new(
            "fastestdet",
            new() { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1], Order = ChannelOrder.Bgr },
            o => new FastestDetDecoder(o)),
        new(
            UltraFace,
            new() { Mean = [127 / 255f, 127 / 255f, 127 / 255f], StandardDeviation = [128 / 255f, 128 / 255f, 128 / 255f] },
            o => new UltraFaceDecoder(o)),
        new(
            "nanodet",
            new() { Mean = [0.485f, 0.456f, 0.406f], StandardDeviation = [0.229f, 0.224f, 0.225f], Order = ChannelOrder.Bgr },
            o => new NanoDetDecoder(o), o => new NanoDetStrideDecoder(o)),
        new(
            "yolo",
            new() { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1], Fit = FitMode.Letterbox },
            o => new YoloDecoder(o), o => new YoloAnchorDecoder(o), o => new YoloDistributionDecoder(o)),
    ];

    /// <summary>The name, in lower case.</summary>
    public string Name { get; }

    /// <summary>How its pictures are prepared unless told otherwise.</summary>
    public DetectorPreprocessing Preprocessing { get; }

    /// <summary>The family of a name.</summary>
    /// <exception cref="DetectionException">There is none; the message lists them.</exception>
    public static DetectorFamily Named(string name) => All.FirstOrDefault(family => family.Name == name)
        ?? throw new DetectionException($"A decoder {string.Join(", ", All.Select(family => family.Name))} was expected; found '{name}'.");

    /// <summary>Names for classes that nobody told: COCO's for 80 of them, the face for UltraFace's only one, else their numbers.</summary>
    /// <param name="classes">How many classes there are.</param>
    public ImmutableArray<string> AssumedLabels(int classes) =>
        classes == CocoClasses.Names.Length ? CocoClasses.Names
        : classes == 1 && Name == UltraFace ? ["face"]
        : [.. Enumerable.Range(0, classes).Select(i => i.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The families that have a decoder for the outputs of a network.</summary>
    /// <param name="signature">The outputs.</param>
    public static ImmutableArray<DetectorFamily> Fitting(DetectorSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        return [.. All.Where(family => family._decoders.Any(create => Fits(create, signature)))];

        static bool Fits(Func<DetectorSignature, IDetectionDecoder> create, DetectorSignature signature)
        {
            try
            {
                _ = create(signature);
                return true;
            }
            catch (DetectionException)
            {
                return false;
            }
        }
    }

    /// <summary>Finds the family and decoder of a network by its outputs.</summary>
    /// <param name="signature">The outputs.</param>
    /// <param name="families">The families that come into question; none for all.</param>
    /// <exception cref="DetectionException">None fits, or several do; the message says why, and which there are.</exception>
    public static (DetectorFamily Family, IDetectionDecoder Decoder) Choose(
        DetectorSignature signature, params ImmutableArray<DetectorFamily> families)
    {
        ArgumentNullException.ThrowIfNull(signature);
        List<(DetectorFamily Family, IDetectionDecoder Decoder)> fitting = [];
        List<(string Family, string Problem)> reasons = [];
        foreach (DetectorFamily family in families.IsDefaultOrEmpty ? All : families)
        {
            foreach (Func<DetectorSignature, IDetectionDecoder> create in family._decoders)
            {
                try
                {
                    fitting.Add((family, create(signature)));
                }
                catch (DetectionException error)
                {
                    reasons.Add((family.Name, error.Message));
                }
            }
        }

        // The most likely one where the outputs leave a choice.
        if (fitting.Count > 1 && fitting.Count(IsCoco) == 1)
        {
            return fitting.Single(IsCoco);
        }

        return fitting.Count switch
        {
            1 => fitting[0],
            0 => throw (OtherClassCount(signature, families) is { } choice
                ? new DetectionException(
                    $"expected {choice.Decoder.ClassCount} class labels, as the outputs {signature.OutputsText} have "
                    + $"by the decoder {choice.Family.Name}; found {signature.ClassCount} class labels")
                { ExpectedClasses = choice.Decoder.ClassCount }
                : new DetectionException($"The outputs {signature.OutputsText} fit no decoder. {Reasons(reasons)}")),
            _ => throw new DetectionException(
                $"The outputs {signature.OutputsText} fit several decoders: "
                + $"{string.Join(", ", fitting.Select(Describe))}. Name one, or the labels."),
        };

        // What would be chosen if the number of classes were not known.
        static (DetectorFamily Family, IDetectionDecoder Decoder)? OtherClassCount(
            DetectorSignature signature, ImmutableArray<DetectorFamily> families)
        {
            try
            {
                return signature.ClassCount is null ? null : Choose(signature with { ClassCount = null }, families);
            }
            catch (DetectionException)
            {
                return null;
            }
        }

        // What is true of several decoders is said once.
        static string Reasons(List<(string Family, string Problem)> reasons)
        {
            HashSet<string> said = new(StringComparer.Ordinal);
            return string.Join(
                " ", reasons.Distinct().Select(reason => $"{reason.Family}: {(said.Add(reason.Problem) ? reason.Problem : "the same.")}"));
        }

        static bool IsCoco((DetectorFamily, IDetectionDecoder Decoder) choice) => choice.Decoder.ClassCount == CocoClasses.Names.Length;

        static string Describe((DetectorFamily Family, IDetectionDecoder Decoder) choice) =>
            $"{choice.Family.Name} with {choice.Decoder.ClassCount} classes";
    }
}
