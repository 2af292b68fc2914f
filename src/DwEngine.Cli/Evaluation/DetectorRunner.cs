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
            DetectorOptions options = settings.Options with { Labels = _known.Labels, Family = settings.Pictures.Family };
            var detector = new Detector(model, options);
            DetectorPreprocessing preprocessing = settings.Pictures.Apply(detector.Preprocessing);
            if (preprocessing != detector.Preprocessing)
            {
                detector.Dispose();
                detector = new Detector(model, options with { Family = detector.Family, Preprocessing = preprocessing });
            }

            _detector = detector;
        }
        catch (DetectionException error) when (error.ExpectedClasses is not null)
        {
            throw new CommandException($"{settings.LabelsFile ?? $"{path}: metadata"}: {error.Message}.", error);
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
            yield return "input: " + PictureInputText.Of(
                _detector.Preprocessing, _detector.InputWidth, _detector.InputHeight, _settings.Pictures, _settings.Given, _known,
                _detector.Family);
            yield return $"classes: {_detector.Labels.Length}, by the decoder {_detector.Family.Name} "
                + $"({(_settings.Pictures.Family is null ? "chosen by the outputs" : "from options")})"
                + (_detector.HasLabels ? "." : $"; their names are assumed ({Format.Names(_detector.Labels, 2)}).");
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
}
