using DwEngine.Models;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>A picture beside which a .npy holds what Pillow and torchvision make of it.</summary>
internal static class ReferencePicture
{
    /// <summary>Decodes and preprocesses the picture, and requires that no sample is more than one level off.</summary>
    public static void AssertAgrees(string picture)
    {
        (int[] shape, byte[] expected) = NpyFile.ReadUInt8($"{picture}.npy");
        Assert.Equal([3, 224, 224], shape);
        Preprocessing preprocessing = Preprocessing.For(ModelMetadata.ImageNet);
        byte[] actual = new byte[preprocessing.OutputLength];
        preprocessing.ResizeAndCrop(ImageDecoder.Load(picture), actual);
        int largest = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(largest <= 1, $"{Path.GetFileName(picture)} differs by up to {largest}/255.");
    }
}
