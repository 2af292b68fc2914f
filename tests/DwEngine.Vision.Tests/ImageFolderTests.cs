using DwEngine.Files;
using DwEngine.Testing;
using Xunit;

namespace DwEngine.Vision.Tests;

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
        FileFormatException error = Assert.ThrowsAny<FileFormatException>(() => ImageFolder.Open(directory));
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

    [Fact]
    public void ImagesInSubFoldersAndOfAnyExtensionAreFound()
    {
        Touch("cat/2020", "1.png");
        Touch("cat", "notes.txt", "no.webp");
        File.Copy(Photographs.Rocket, Path.Combine(_folder.FullName, "cat", "rocket.jfif"));
        File.Copy(Photographs.Cat, Path.Combine(_folder.FullName, "cat", "without"));
        Touch("dog");
        File.Copy(Photographs.Cat, Path.Combine(_folder.FullName, "outside"));

        ImageFolder folder = ImageFolder.Open(_folder.FullName);

        Assert.Equal(["cat/2020/1.png", "cat/rocket.jfif", "cat/without"], folder.Images.Select(image => Relative(image.Path)));
        Assert.Equal(["cat/no.webp", "cat/notes.txt"], folder.OtherFiles.Select(Relative));
        Assert.Equal(["outside"], folder.OutsideImages.Select(Relative));
        Assert.Equal(["dog"], folder.EmptyClasses);
    }

    [Fact]
    public void LinksThatLeadBackEndThere()
    {
        Touch("cat/more", "1.png");
        Link("cat/more/self", "cat/more");
        Link("cat/more/up", "cat");
        Link("cat/more/root", "");
        Link("again", "cat");
        Link("cat/indirect", "again/more");
        Touch("dog", "2.png");

        ImageFolder folder = ImageFolder.Open(_folder.FullName);
        ImageFolder all = ImageFolder.OpenUnlabelled(_folder.FullName);

        // A class may be a link, but no image comes twice within a class.
        Assert.Equal(["again", "cat", "dog"], folder.Classes);
        Assert.Equal([0, 1, 2], folder.Images.Select(image => image.Label));
        Assert.Equal(2, all.Images.Length);
        Assert.NotEmpty(folder.RepeatedLinks);
        Assert.NotEmpty(all.RepeatedLinks);
    }

    [Fact]
    public void LabelsAreMatchedByNameInAnyOrder()
    {
        Touch("Great_white_shark", "1.png");
        Touch("cat", "2.png", "3.png");

        ImageFolder folder = ImageFolder.Open(_folder.FullName).WithLabels(["dog", "cat", "great white-shark"]);

        Assert.Equal(
            [("cat/2.png", 1), ("cat/3.png", 1), ("Great_white_shark/1.png", 2)],
            folder.Images.Select(image => (Relative(image.Path), image.Label)));
        Assert.Equal(["dog"], folder.EmptyClasses);
        Assert.Contains("no label: 'cat'", Unmatched("dog", "great white shark"), StringComparison.Ordinal);
        Assert.Contains("several labels: 'cat'", Unmatched("cat", "great white shark", "cat"), StringComparison.Ordinal);
        Touch("CAT", "4.png");
        Assert.Contains("the same label: 'CAT', 'cat'", Unmatched("cat", "great white shark"), StringComparison.Ordinal);

        string Unmatched(params string[] names) =>
            Assert.Throws<FileFormatException>(() => ImageFolder.Open(_folder.FullName).WithLabels(names)).Problem;
    }

    [Fact]
    public void EveryBeginningIsSpreadOverTheClasses()
    {
        Touch("a", [.. Enumerable.Range(0, 90).Select(i => $"{i:D2}.png")]);
        Touch("b", [.. Enumerable.Range(0, 9).Select(i => $"{i}.png")]);
        Touch("c", "1.png");

        ImageFolder folder = ImageFolder.Open(_folder.FullName);
        LabelledImage[] spread = [.. folder.Spread()];

        Assert.Equal(folder.Images, spread.OrderBy(image => image.Path, StringComparer.Ordinal));
        Assert.Equal([0, 1, 2], spread.Take(3).Select(image => image.Label));
        for (int n = 10; n <= 100; n++)
        {
            Assert.InRange(spread.Take(n).Count(image => image.Label == 1), n * 0.09 - 1, n * 0.09 + 1);
        }

        // Ten of ninety come from all tenths of the names, give or take.
        IEnumerable<char> tenths = spread.Where(image => image.Label == 0).Take(10).Select(image => Path.GetFileName(image.Path)[0]);
        Assert.InRange(tenths.Distinct().Count(), 7, 9);
    }

    private string Relative(string path) => Path.GetRelativePath(_folder.FullName, path).Replace('\\', '/');

    private void Link(string name, string target) =>
        Directory.CreateSymbolicLink(Path.Combine(_folder.FullName, name), Path.Combine(_folder.FullName, target));
}
