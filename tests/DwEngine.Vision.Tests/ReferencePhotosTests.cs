using DwEngine.Testing;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>Real photographs against what Pillow and torchvision make of them.</summary>
public class ReferencePhotosTests
{
    private const int FewestReferences = 30;

    [SharedFact]
    public void AgreesWithPillowWithinOneLevelEverywhere()
    {
        foreach (string reference in References())
        {
            ReferencePicture.AssertAgrees(reference[..^".npy".Length]);
        }
    }

    [SharedFact]
    public void EveryReferenceIsOfOneKindOrTheOther()
    {
        string[] references = References();
        Assert.True(references.Length >= FewestReferences, $"{references.Length} references.");
        Assert.All(references, path => Assert.Matches(@"\.(png|jpg)\.npy$", path));
    }

    private static string[] References() => Directory.GetFiles(SharedFolder.Require("data/photos"), "*.npy");
}
