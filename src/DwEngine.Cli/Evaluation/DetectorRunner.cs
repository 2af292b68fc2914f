using DwEngine.Cli.Options;
using DwEngine.Cli.Output;
using DwEngine.Models;
using DwEngine.Vision;
using DwEngine.Vision.Detection;

namespace DwEngine.Cli.Evaluation;

/// <summary>From image files to detections, and the words for what was assumed.</summary>
internal sealed class DetectorRunner : IDisposable
{
    private readonly DetectorSettings _settings;
    private readonly ModelMetadata _known;
    private readonly Detector _detector;

    /// <param name="path">The model's file, for messages.</param>
    /// <param name="model">The model.</param>
    /// <param name="settings">What the user gave.</param>
    /// <exception cref="CommandException">No decoder fits.</exception>
    public DetectorRunner(string path, NetworkModel model, DetectorSettings settings)
    {
        _settings = settings;
        _known = settings.Given.Or(model.Metadata);
        try
        {
            var detector = new Detector(model, settings.Options with { Labels = _known.Labels });
            DetectorPreprocessing preprocessing = detector.Preprocessing with
            {
                Order = settings.Order ?? detector.Preprocessing.Order,
                Fit = settings.Fit ?? detector.Preprocessing.Fit,
            };
            if (preprocessing != detector.Preprocessing)
            {
                detector.Dispose();
                detector = new Detector(
                    model, settings.Options with { Labels = _known.Labels, Family = detector.Family, Preprocessing = preprocessing });
            }

            _detector = detector;
        }
        catch (DetectionException error)
        {
            throw new CommandException(
                $"{path}: {error.Message} Options: --decoder {string.Join('|', DetectorFamily.All.Select(family => family.Name))}, "
                + "--labels FILE, --size N.",
                error);
        }
    }

    /// <summary>What the network gets, and who told it; how its outputs are read.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            DetectorPreprocessing used = _detector.Preprocessing;
            (string Name, bool Given, bool FromFile)[] origins =
            [
                ("mean", _settings.Given.Mean is not null, _known.Mean is not null),
                ("std", _settings.Given.StandardDeviation is not null, _known.StandardDeviation is not null),
                ("channels", _settings.Order is not null, false),
                ("resize", _settings.Fit is not null, false),
            ];
            string size = _settings.Given.InputSize is null ? "From the network: size." : "";
            yield return string.Join(' ', new[]
            {
                $"input: {_detector.InputWidth} x {_detector.InputHeight}, mean {Format.Numbers(used.Mean)}, "
                    + $"std {Format.Numbers(used.StandardDeviation)}, channels {Name(used.Order)}, {Name(used.Fit)}.",
                size,
                Told("From options", [.. Size(), .. origins.Where(value => value.Given).Select(value => value.Name)]),
                Told("From the file", [.. origins.Where(value => !value.Given && value.FromFile).Select(value => value.Name)]),
                Told(
                    $"Assumed, as usual for {_detector.Family.Name}",
                    [.. origins.Where(value => !value.Given && !value.FromFile).Select(value => value.Name)]),
            }.Where(text => text.Length > 0));
            yield return $"classes: {_detector.Labels.Length}, by the decoder {_detector.Family.Name} "
                + $"({(_settings.Options.Family is null ? "chosen by the outputs" : "from options")})"
                + (_detector.HasLabels ? "." : $"; their names are assumed ({Format.Names(_detector.Labels, 2)}).");

            IEnumerable<string> Size() => _settings.Given.InputSize is null ? [] : ["size"];
        }
    }

    /// <summary>Finds the objects of an image file.</summary>
    /// <returns>The image, and what is on it.</returns>
    /// <exception cref="DwEngineException">The file is no image that can be decoded, or the network answers nonsense.</exception>
    public (RgbImage Image, IReadOnlyList<DetectedObject> Objects) Run(string path)
    {
        RgbImage image = ImageDecoder.Load(path);
        try
        {
            return (image, _detector.Detect(image));
        }
        catch (DetectionException error)
        {
            throw new CommandException($"{path}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _detector.Dispose();

    private static string Told(string who, IReadOnlyCollection<string> what) => what.Count == 0 ? "" : $"{who}: {string.Join(", ", what)}.";

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
