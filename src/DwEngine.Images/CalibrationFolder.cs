using System.Buffers.Binary;
using System.Security.Cryptography;
using DwEngine.Decomposition.Calibration;
using DwEngine.Models;

namespace DwEngine.Images;

/// <summary>
/// Images to calibrate a decomposition on: a random choice of those anywhere below a folder, decoded and preprocessed when they are asked for.
/// Immutable and safe to share between threads.
/// </summary>
public sealed class CalibrationFolder : ICalibrationImages
{
    private readonly string[] _paths;
    private readonly Preprocessing _preprocessing;

    /// <summary>Chooses images and preprocesses them as a network's metadata want it; none is opened yet.</summary>
    /// <param name="directory">The folder; its classes, if any, do not matter.</param>
    /// <param name="metadata">What is known of the network, such as its input size, mean and standard deviation.</param>
    /// <param name="samples">How many images at most, at least 1.</param>
    /// <param name="seed">Decides which images are chosen, and their order.</param>
    /// <exception cref="FileFormatException">The folder does not exist or holds no image.</exception>
    /// <exception cref="DwEngineException">The metadata hold a size, mean or standard deviation out of its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samples"/> is below 1.</exception>
    public CalibrationFolder(string directory, ModelMetadata metadata, int samples = 1000, ulong seed = 1)
        : this(directory, Preprocessing.For(metadata), samples, seed)
    {
    }

    /// <summary>The same with preprocessing of one's own.</summary>
    /// <param name="directory">The folder; its classes, if any, do not matter.</param>
    /// <param name="preprocessing">What is done to each image.</param>
    /// <param name="samples">How many images at most, at least 1.</param>
    /// <param name="seed">Decides which images are chosen, and their order.</param>
    /// <exception cref="FileFormatException">The folder does not exist or holds no image.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samples"/> is below 1.</exception>
    public CalibrationFolder(string directory, Preprocessing preprocessing, int samples = 1000, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        string[] paths = [.. ImageFolder.FindAll(directory)];
        new Random((int)(seed ^ (seed >> 32))).Shuffle(paths);
        _paths = [.. paths.Take(samples)];
        _preprocessing = preprocessing;
    }

    /// <inheritdoc/>
    public int Count => _paths.Length;

    /// <summary>The preprocessing, in numbers.</summary>
    public string Preparation => _preprocessing.ToString();

    /// <summary>A hash of the image's file.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    public long? IdentityOf(int index)
    {
        try
        {
            using FileStream stream = File.OpenRead(_paths[index]);
            return BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException(_paths[index], "file", error.Message, error);
        }
    }

    /// <summary>Reads an image. May be called from several threads at a time.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <param name="nchw">Receives the preprocessed image, 1 x 3 x S x S.</param>
    /// <exception cref="FileFormatException">The file is no image that can be decoded; the message names it.</exception>
    /// <exception cref="ShapeException"><paramref name="nchw"/> has another length.</exception>
    public void Read(int index, Span<float> nchw) => _preprocessing.Apply(ImageDecoder.Load(_paths[index]), nchw);
}
