using System.Collections.Immutable;
using DwEngine.Decomposition.Calibration;
using DwEngine.Images;
using DwEngine.Models;

namespace DwEngine.Cli.Input;

/// <summary>Images to calibrate on: a random choice of those anywhere below a folder, decoded when they are asked for.</summary>
internal sealed class CalibrationFolder : ICalibrationImages
{
    private readonly string[] _paths;
    private readonly Preprocessing _preprocessing;

    /// <summary>Chooses images; none is opened.</summary>
    /// <param name="directory">The folder; its classes, if any, do not matter.</param>
    /// <param name="samples">How many images at most.</param>
    /// <param name="seed">Decides which.</param>
    /// <param name="metadata">What the network wants of an image.</param>
    /// <exception cref="FileFormatException">The folder does not exist or holds no image.</exception>
    public CalibrationFolder(string directory, int samples, int seed, ModelMetadata metadata)
    {
        ImmutableArray<string> all = ImageFolder.FindAll(directory);
        Found = all.Length;
        string[] paths = [.. all];
        new Random(seed).Shuffle(paths);
        _paths = [.. paths.Take(samples)];
        _preprocessing = Preprocessing.For(metadata);
    }

    /// <summary>How many images the folder holds.</summary>
    public int Found { get; }

    /// <inheritdoc/>
    public int Count => _paths.Length;

    /// <inheritdoc/>
    public void Read(int index, Span<float> nchw) => _preprocessing.Apply(ImageDecoder.Load(_paths[index]), nchw);
}
