using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Vision.Detection;

namespace DwEngine.Vision;

/// <summary>
/// Images to calibrate a decomposition on: a random choice of those anywhere below a folder, decoded and preprocessed when they are asked
/// for. Immutable and safe to share between threads.
/// </summary>
public sealed class CalibrationFolder : ICalibrationImages
{
    private delegate void Prepare(RgbImage image, Span<float> nchw);

    // All images of the folder, in the order in which they are chosen.
    private readonly string[] _candidates;
    private readonly int _samples;
    private readonly string[] _paths;
    private readonly Prepare _prepare;

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
        : this(directory, Required(preprocessing).ToString(), preprocessing.Apply, samples, seed)
    {
    }

    /// <summary>The same as a detector's pictures are prepared, for inputs that need not be square.</summary>
    /// <param name="directory">The folder; its classes, if any, do not matter.</param>
    /// <param name="preprocessing">What is done to each image.</param>
    /// <param name="width">Width of the input in pixels.</param>
    /// <param name="height">Height of the input in pixels.</param>
    /// <param name="samples">How many images at most, at least 1.</param>
    /// <param name="seed">Decides which images are chosen, and their order.</param>
    /// <exception cref="FileFormatException">The folder does not exist or holds no image.</exception>
    /// <exception cref="DwEngineException">The preprocessing or a size is out of its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="samples"/> is below 1.</exception>
    public CalibrationFolder(
        string directory, DetectorPreprocessing preprocessing, int width, int height, int samples = 1000, ulong seed = 1)
        : this(directory, Required(preprocessing).Describe(width, height), SharedInput(preprocessing, width, height), samples, seed)
    {
    }

    private CalibrationFolder(string directory, string preparation, Prepare prepare, int samples, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        Source = ImageFolder.OpenUnlabelled(directory);
        _candidates = [.. Source.Images.Select(image => image.Path)];
        new Random((int)(seed ^ (seed >> 32))).Shuffle(_candidates);
        _samples = samples;
        _paths = [.. _candidates.Take(samples)];
        Preparation = preparation;
        _prepare = prepare;
    }

    private CalibrationFolder(CalibrationFolder other, IEnumerable<string> paths, IEnumerable<UnreadableImage> unreadable)
    {
        Source = other.Source;
        Unreadable = [.. unreadable];
        _candidates = other._candidates;
        _samples = other._samples;
        _paths = [.. paths];
        Preparation = other.Preparation;
        _prepare = other._prepare;
    }

    /// <summary>The folder that the images were chosen from.</summary>
    public ImageFolder Source { get; }

    /// <summary>
    /// The images that were found unreadable, and that others stand for; empty unless <see cref="WithoutUnreadable"/> looked for them.
    /// </summary>
    public ImmutableArray<UnreadableImage> Unreadable { get; } = [];

    /// <summary>The folders that the chosen images lie in.</summary>
    public ImmutableArray<string> Folders =>
        [.. _paths.Select(path => Path.GetDirectoryName(path)!).Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public int Count => _paths.Length;

    /// <summary>The preprocessing, in numbers.</summary>
    public string Preparation { get; }

    /// <summary>A hash of the image's file.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    public long? IdentityOf(int index) =>
        InputFile.Read<long?>(_paths[index], stream => BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(stream)));

    /// <summary>
    /// The same choice without the images that cannot be read: the next ones in the order of the choice stand for them. Each image is
    /// decoded once to find out.
    /// </summary>
    /// <param name="threads">Threads, at least 1. The result does not depend on it.</param>
    /// <param name="progress">Is told of each image that was tried.</param>
    /// <param name="cancellation">Ends the work between two images.</param>
    /// <exception cref="FileFormatException">More than half of the images cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller asked for the end.</exception>
    public CalibrationFolder WithoutUnreadable(
        int threads = 1, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var readable = new List<string>();
        var unreadable = new List<UnreadableImage>();
        int tried = 0;
        while (readable.Count < _samples && tried < _candidates.Length)
        {
            string[] batch = [.. _candidates.Skip(tried).Take(_samples - readable.Count)];
            UnreadableImage?[] problems = Try(batch, threads, progress, cancellation);
            readable.AddRange(batch.Where((_, i) => problems[i] is null));
            unreadable.AddRange(problems.OfType<UnreadableImage>());
            tried += batch.Length;
            UnreadableImage.ThrowIfMost(Source.Directory, tried, unreadable);
        }

        return new CalibrationFolder(this, readable, unreadable);
    }

    /// <summary>Reads an image. May be called from several threads at a time.</summary>
    /// <param name="index">From 0 to below <see cref="Count"/>.</param>
    /// <param name="nchw">Receives the preprocessed image, 1 x 3 x height x width.</param>
    /// <exception cref="FileFormatException">The file is no image that can be decoded; the message names it.</exception>
    /// <exception cref="ShapeException"><paramref name="nchw"/> has another length.</exception>
    public void Read(int index, Span<float> nchw) => _prepare(ImageDecoder.Load(_paths[index]), nchw);

    private static T Required<T>(T preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return preprocessing;
    }

    // A PictureInput is for one thread at a time.
    private static Prepare SharedInput(DetectorPreprocessing preprocessing, int width, int height)
    {
        var free = new ConcurrentBag<PictureInput>([new(preprocessing, width, height)]);
        return (image, nchw) =>
        {
            PictureInput input = free.TryTake(out PictureInput? found) ? found : new(preprocessing, width, height);
            input.Apply(image.Pixels, image.Width, image.Height, nchw);
            free.Add(input);
        };
    }

    private static UnreadableImage?[] Try(string[] paths, int threads, IProgress<string>? progress, CancellationToken cancellation)
    {
        var problems = new UnreadableImage?[paths.Length];
        try
        {
            Parallel.For(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i =>
            {
                try
                {
                    ImageDecoder.Load(paths[i]);
                }
                catch (Exception error) when (UnreadableImage.IsCause(error))
                {
                    problems[i] = new UnreadableImage(paths[i], error.Message);
                }

                progress?.Report(paths[i]);
            });
        }
        catch (AggregateException errors)
        {
            ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }

        return problems;
    }
}
