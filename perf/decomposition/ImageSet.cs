using DwEngine.Models;
using DwEngine.Runtime;
using DwEngine.Vision;

namespace DwEngine.DecompositionExperiments;

/// <summary>Labelled images, preprocessed once and held.</summary>
internal sealed class ImageSet : ICalibrationImages
{
    private readonly float[][] _images;
    private readonly int[] _labels;

    private ImageSet(float[][] images, int[] labels)
    {
        _images = images;
        _labels = labels;
    }

    public int Count => _images.Length;

    /// <summary>Images of a folder of class folders.</summary>
    public static ImageSet Load(string directory, Preprocessing preprocessing) => Load(ImageFolder.Open(directory), preprocessing);

    /// <summary>All images of a folder, whatever they show.</summary>
    public static ImageSet LoadUnlabelled(string directory, Preprocessing preprocessing) =>
        Load(ImageFolder.OpenUnlabelled(directory), preprocessing);

    private static ImageSet Load(ImageFolder folder, Preprocessing preprocessing)
    {
        float[][] images = new float[folder.Images.Length][];
        Parallel.For(0, images.Length, i =>
        {
            images[i] = new float[preprocessing.OutputLength];
            preprocessing.Apply(ImageDecoder.Load(folder.Images[i].Path), images[i]);
        });
        return new ImageSet(images, [.. folder.Images.Select(image => image.Label)]);
    }

    /// <summary>One image, NCHW.</summary>
    public ReadOnlySpan<float> this[int index] => _images[index];

    /// <summary>A random choice of the images.</summary>
    public ImageSet Choose(int count, int seed)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new Random(seed).Shuffle(order);
        int[] chosen = [.. order.Take(count)];
        return new ImageSet([.. chosen.Select(i => _images[i])], [.. chosen.Select(i => _labels[i])]);
    }

    public void Read(int index, Span<float> nchw) => _images[index].CopyTo(nchw);

    /// <summary>The share of images that a network assigns to their class.</summary>
    public double Accuracy(Model model)
    {
        int right = 0;
        Parallel.For(
            0,
            Count,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => model.CreateSession(),
            (i, _, session) =>
            {
                float[] logits = new float[session.OutputShape.ElementCount];
                session.Run(_images[i], logits);
                if (Array.IndexOf(logits, logits.Max()) == _labels[i])
                {
                    Interlocked.Increment(ref right);
                }

                return session;
            },
            session => session.Dispose());
        return (double)right / Count;
    }
}
