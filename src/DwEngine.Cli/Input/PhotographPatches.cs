using DwEngine.Models;
using DwEngine.Vision;

namespace DwEngine.Cli.Input;

/// <summary>Random squares of photographs, of several sizes, preprocessed once and held.</summary>
internal sealed class PhotographPatches : ICalibrationImages
{
    // Photographs are smooth: patches of the network's own size would show little but plain areas.
    private const int LargestScale = 8;

    private readonly float[][] _patches;

    /// <summary>Cuts patches.</summary>
    /// <param name="photographs">The photographs, which take turns.</param>
    /// <param name="from">Where the part of each photograph that is cut from begins, as a share of its width.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="count">How many patches.</param>
    /// <param name="seed">Decides size and place of each.</param>
    /// <param name="metadata">What the network wants of an image.</param>
    public PhotographPatches(IReadOnlyList<RgbImage> photographs, double from, double to, int count, int seed, ModelMetadata metadata)
    {
        Preprocessing preprocessing = Preprocessing.For(metadata);
        var random = new Random(seed);
        _patches = new float[count][];
        for (int i = 0; i < count; i++)
        {
            RgbImage photograph = photographs[i % photographs.Count];
            int left = (int)(from * photograph.Width), right = (int)(to * photograph.Width);
            double scale = Math.Pow(LargestScale, random.NextDouble());
            int side = Math.Min((int)(preprocessing.CropSize * scale), Math.Min(right - left, photograph.Height));
            RgbImage patch = Cut(photograph, left + random.Next(right - left - side + 1), random.Next(photograph.Height - side + 1), side);
            _patches[i] = new float[preprocessing.OutputLength];
            preprocessing.Apply(patch, _patches[i]);
        }
    }

    /// <inheritdoc/>
    public int Count => _patches.Length;

    /// <inheritdoc/>
    public void Read(int index, Span<float> nchw) => _patches[index].CopyTo(nchw);

    private static RgbImage Cut(RgbImage image, int x, int y, int side)
    {
        byte[] pixels = new byte[RgbImage.Channels * side * side];
        int stride = RgbImage.Channels * side;
        for (int row = 0; row < side; row++)
        {
            image.Pixels.Slice(RgbImage.Channels * (((y + row) * image.Width) + x), stride).CopyTo(pixels.AsSpan(row * stride));
        }

        return new RgbImage(side, side, (ReadOnlySpan<byte>)pixels);
    }
}
