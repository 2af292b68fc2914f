using DwEngine.Models;

namespace DwEngine.Decomposition.Tests;

/// <summary>Images of smooth noise, numbered from a first one on.</summary>
internal sealed class RandomImages(int count, int first = 0) : ICalibrationImages
{
    public int Count => count;

    public string Preparation { get; init; } = "";

    public long? IdentityOf(int index) => first + index;

    /// <summary>How often an image was read.</summary>
    public int Reads;

    public void Read(int index, Span<float> nchw)
    {
        Interlocked.Increment(ref Reads);
        var random = new Random(1000 + first + index);
        float value = 0;
        for (int i = 0; i < nchw.Length; i++)
        {
            value = (0.8f * value) + (random.NextSingle() * 2) - 0.9f;
            nchw[i] = value;
        }
    }
}
