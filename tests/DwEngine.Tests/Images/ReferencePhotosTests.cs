using DwEngine.Images;
using DwEngine.Models;
using DwEngine.Tests.Support;
using Xunit;

namespace DwEngine.Tests.Images;

/// <summary>Real photographs against what Pillow and torchvision make of them.</summary>
public class ReferencePhotosTests
{
    private const int FewestReferences = 30;

    [Fact]
    public void PngAgreesWithPillowWithinOneLevelEverywhere()
    {
        foreach ((string photo, int largest, _) in Compare(".png"))
        {
            Assert.True(largest <= 1, $"{photo} differs by up to {largest}/255.");
        }
    }

    [Fact]
    public void JpegAgreesWithPillowInTheMean()
    {
        foreach ((string photo, _, double mean) in Compare(".jpg"))
        {
            Assert.True(mean <= 0.7, $"{photo} differs by {mean:F4}/255 in the mean.");
        }
    }

    [Fact]
    public void EveryReferenceIsOfOneKindOrTheOther()
    {
        string[] references = References();
        Assert.True(references.Length >= FewestReferences, $"{references.Length} references.");
        Assert.All(references, path => Assert.Matches(@"\.(png|jpg)\.npy$", path));
    }

    private static List<(string Photo, int Largest, double Mean)> Compare(string extension)
    {
        Preprocessing preprocessing = Preprocessing.For(ModelMetadata.ImageNet);
        byte[] actual = new byte[preprocessing.OutputLength];
        List<(string, int, double)> results = [];
        foreach (string reference in References().Where(path => path.EndsWith($"{extension}.npy", StringComparison.Ordinal)))
        {
            (int[] shape, byte[] expected) = NpyFile.ReadUInt8(reference);
            Assert.Equal([3, 224, 224], shape);
            string photo = reference[..^".npy".Length];
            preprocessing.ResizeAndCrop(ImageDecoder.Load(photo), actual);
            int[] differences = [.. expected.Zip(actual, (e, a) => Math.Abs(e - a))];
            results.Add((Path.GetFileName(photo), differences.Max(), differences.Average()));
        }

        Assert.NotEmpty(results);
        return results;
    }

    private static string[] References() => Directory.GetFiles(SharedFolder.Require("data/photos"), "*.npy");
}
