using DwEngine.Files;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Vision.Tests;

/// <summary>Unusual pictures that people have, to be read as Pillow reads them, and faulty ones, to be refused with one line.</summary>
public class FaultyPicturesTests
{
    private static readonly string[] s_extensions = [".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"];

    public static TheoryData<string> Pictures
    {
        get
        {
            string folder = Path.Combine(SharedFolder.Path ?? "", "faults");
            TheoryData<string> names = [];
            if (SharedFolder.Path is not null && Directory.Exists(folder))
            {
                names.AddRange(Directory.GetFiles(folder).Where(IsPicture).Select(path => Path.GetFileName(path)).Order(
                    StringComparer.Ordinal).ToArray());
            }

            if (names.Count == 0)
            {
                names.Add("");
            }

            return names;
        }
    }

    [SharedTheory]
    [MemberData(nameof(Pictures))]
    public void IsReadAsPillowReadsItOrRefused(string name)
    {
        string picture = Path.Combine(SharedFolder.Require("faults"), name);
        if (File.Exists($"{picture}.npy"))
        {
            ReferencePicture.AssertAgrees(picture);
            return;
        }

        Assert.True(File.Exists($"{picture}.refuse"), $"{name} has neither a reference nor a note that it is to be refused.");
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageDecoder.Load(picture));
        Assert.Equal(picture, error.File);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static bool IsPicture(string path) => s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
