using System.Collections.Immutable;
using DwEngine.Files;

namespace DwEngine.Vision;

/// <summary>An image file and the index of its class.</summary>
/// <param name="Path">The file's path.</param>
/// <param name="Label">Index into <see cref="ImageFolder.Classes"/>; -1 where there are no classes.</param>
public readonly record struct LabelledImage(string Path, int Label);

/// <summary>
/// A folder of images, sorted into one folder for each class (<c>directory/class/image</c>, in sub-folders of the class or not) or without
/// classes. The classes, sorted by name (by ordinal, as torchvision's <c>ImageFolder</c> does), are the labels, unless labels of one's own
/// are given. A file is an image by its extension (.jpg, .jpeg, .png, in any case) or else by what it begins with. Links are followed, but
/// no folder is read twice for a class. Names that begin with a dot are passed over.
/// </summary>
public sealed record ImageFolder
{
    private const string Expected = "JPEG or PNG files were expected";

    private ImageFolder(string directory) => Directory = directory;

    /// <summary>The folder's path.</summary>
    public string Directory { get; }

    /// <summary>The classes' names, in the order of the labels; empty where images have no classes.</summary>
    public ImmutableArray<string> Classes { get; private init; } = [];

    /// <summary>The images, by class and then by path (ordinal).</summary>
    public ImmutableArray<LabelledImage> Images { get; private init; } = [];

    /// <summary>Files beside the images that are no images that can be decoded, judged by their beginning.</summary>
    public ImmutableArray<string> OtherFiles { get; private init; } = [];

    /// <summary>Images that lie outside the class folders and therefore are not among <see cref="Images"/>.</summary>
    public ImmutableArray<string> OutsideImages { get; private init; } = [];

    /// <summary>
    /// Links that were not followed, since they lead to a folder that was entered by another way, as a link back up does.
    /// </summary>
    public ImmutableArray<string> RepeatedLinks { get; private init; } = [];

    /// <summary>Classes without any image.</summary>
    public IEnumerable<string> EmptyClasses
    {
        get
        {
            var labels = Images.Select(image => image.Label).ToHashSet();
            return Classes.Where((_, label) => !labels.Contains(label));
        }
    }

    /// <summary>Lists a folder of class folders; only files whose extension does not tell what they are are opened.</summary>
    /// <param name="directory">The folder that holds the class folders.</param>
    /// <exception cref="FileFormatException">The folder does not exist, or has no class folders or no images in them.</exception>
    public static ImageFolder Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        InputFile.RequireFolder(directory, "a folder of class folders");
        string[] folders = [.. ClassFolders(directory)];
        if (folders.Length == 0)
        {
            throw new FileFormatException(directory, "", "has no sub-folders; one for each class was expected");
        }

        FolderWalk[] walks = [.. folders.Select(folder => new FolderWalk(folder, directory))];
        var listed = new ImageFolder(directory)
        {
            Classes = [.. folders.Select(folder => Path.GetFileName(folder))],
            Images = [.. walks.SelectMany((walk, label) => walk.Images.Select(image => new LabelledImage(image, label)))],
            OtherFiles = [.. walks.SelectMany(walk => walk.OtherFiles)],
            OutsideImages = [.. FolderWalk.Visible(System.IO.Directory.EnumerateFiles(directory)).Where(FolderWalk.IsImage)],
            RepeatedLinks = [.. walks.SelectMany(walk => walk.RepeatedLinks)],
        };
        return listed.Images.Length > 0
            ? listed
            : throw new FileFormatException(directory, "", $"has no images in its sub-folders; {Expected}");
    }

    /// <summary>
    /// Lists all images anywhere below a folder, without classes; only files whose extension does not tell what they are are opened.
    /// </summary>
    /// <param name="directory">The folder, with images of its own, class folders, or both.</param>
    /// <exception cref="FileFormatException">The folder does not exist, or there is no image below it.</exception>
    public static ImageFolder OpenUnlabelled(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        InputFile.RequireFolder(directory, "a folder of images");
        var walk = new FolderWalk(directory);
        return walk.Images.Count > 0
            ? new ImageFolder(directory)
            {
                Images = [.. walk.Images.Select(image => new LabelledImage(image, -1))],
                OtherFiles = [.. walk.OtherFiles],
                RepeatedLinks = [.. walk.RepeatedLinks],
            }
            : throw new FileFormatException(directory, "", $"has no images below it; {Expected}");
    }

    /// <summary>Whether a folder has folders in it, as <see cref="Open"/> expects them.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="FileFormatException">The folder does not exist.</exception>
    public static bool HasClassFolders(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        InputFile.RequireFolder(directory, "a folder of images");
        return ClassFolders(directory).Any();
    }

    /// <summary>All images anywhere below a folder, sorted by path (ordinal); see <see cref="OpenUnlabelled"/>.</summary>
    /// <exception cref="FileFormatException">The folder does not exist, or there is no image below it.</exception>
    public static ImmutableArray<string> FindAll(string directory) => [.. OpenUnlabelled(directory).Images.Select(image => image.Path)];

    /// <summary>
    /// The same images with labels that index a network's own class names, in whatever order these stand. Names are equal also where they
    /// differ only in case, or in spaces, hyphens and underscores. Not every class needs a folder.
    /// </summary>
    /// <param name="names">The names of the network's outputs.</param>
    /// <exception cref="FileFormatException">A folder's name is none of the names or several of them, or two folders have the
    /// same.</exception>
    public ImageFolder WithLabels(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        ILookup<string, int> exact = Indices(names, name => name), similar = Indices(names, Simplified);
        int[][] found = [.. Classes.Select(name => exact.Contains(name) ? exact[name].ToArray() : [.. similar[Simplified(name)]])];
        RequireNone([.. Classes.Where((_, i) => found[i].Length == 0)], "named by no label");
        RequireNone([.. Classes.Where((_, i) => found[i].Length > 1)], "named by several labels");
        RequireNone(
            [.. Classes.Where((_, i) => found.Count(labels => labels[0] == found[i][0]) > 1)],
            "named by the same label");
        return this with
        {
            Classes = [.. names],
            Images = [.. Images.Select(image => image with { Label = found[image.Label][0] }).OrderBy(image => image.Label)],
        };

        void RequireNone(string[] folders, string problem)
        {
            const int Shown = 5;
            if (folders.Length > 0)
            {
                string more = folders.Length > Shown ? $" and {folders.Length - Shown} more" : "";
                throw new FileFormatException(
                    Directory,
                    "",
                    $"class folders that are {problem}: {Quoted(folders.Take(Shown))}{more}; "
                    + $"expected the network's class names, such as {Quoted(names.Take(3))}");
            }
        }
    }

    /// <summary>
    /// The images in an order of which every beginning is spread over the classes, and over the paths of each: first one image of each
    /// class, then as many of each as its size wants. The same for the same folder.
    /// </summary>
    public ImmutableArray<LabelledImage> Spread()
    {
        // Multiples of the golden ratio's fraction divide an interval evenly wherever they are stopped.
        const uint GoldenFraction = 2654435769;
        return
        [
            .. Images.GroupBy(image => image.Label)
                .SelectMany(group => group.Select((image, i) => (Image: image, Place: unchecked((uint)i * GoldenFraction)))
                    .OrderBy(entry => entry.Place)
                    .Select((entry, rank) => (entry.Image, Share: (double)rank / group.Count())))
                .OrderBy(entry => entry.Share)
                .ThenBy(entry => entry.Image.Label)
                .Select(entry => entry.Image),
        ];
    }

    private static IEnumerable<string> ClassFolders(string directory) =>
        FolderWalk.Visible(InputFile.Naming(directory, () => System.IO.Directory.GetDirectories(directory)));

    private static ILookup<string, int> Indices(IReadOnlyList<string> names, Func<string, string> key) =>
        Enumerable.Range(0, names.Count).ToLookup(i => key(names[i]), StringComparer.Ordinal);

    private static string Simplified(string name) => name.Trim().ToLowerInvariant().Replace('_', ' ').Replace('-', ' ');

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
