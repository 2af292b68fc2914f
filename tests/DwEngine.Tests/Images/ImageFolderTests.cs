using DwEngine.Images;
using Xunit;

namespace DwEngine.Tests.Images;

public sealed class ImageFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dwengine-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void ClassesAndImagesAreSortedByOrdinal()
    {
        Touch("b", "2.png", "10.PNG", "notes.txt", ".hidden.png");
        Touch("B", "z.JPeG", "a.jpg");
        Touch("a");
        Touch(".cache", "x.png");
        File.WriteAllText(Path.Combine(_folder.FullName, "readme.png"), "");

        ImageFolder folder = ImageFolder.Open(_folder.FullName);

        Assert.Equal(["B", "a", "b"], folder.Classes);
        Assert.Equal(
            [("B/a.jpg", 0), ("B/z.JPeG", 0), ("b/10.PNG", 2), ("b/2.png", 2)],
            folder.Images.Select(image => (Path.GetRelativePath(_folder.FullName, image.Path).Replace('\\', '/'), image.Label)));
    }

    [Fact]
    public void FoldersWithoutImagesAreATypedError()
    {
        string absent = Path.Combine(_folder.FullName, "absent");
        Assert.Contains("does not exist", Rejected(absent).Problem, StringComparison.Ordinal);
        Assert.Contains("no sub-folders", Rejected(_folder.FullName).Problem, StringComparison.Ordinal);
        Touch("cat", "notes.txt");
        Assert.Contains("no images", Rejected(_folder.FullName).Problem, StringComparison.Ordinal);
    }

    private static FileFormatException Rejected(string directory)
    {
        FileFormatException error = Assert.Throws<FileFormatException>(() => ImageFolder.Open(directory));
        Assert.Equal(directory, error.File);
        return error;
    }

    private void Touch(string folder, params string[] names)
    {
        DirectoryInfo created = _folder.CreateSubdirectory(folder);
        foreach (string name in names)
        {
            File.WriteAllText(Path.Combine(created.FullName, name), "");
        }
    }
}
