using System.Collections.Immutable;

namespace DwEngine.Images;

/// <summary>An image file and the index of its class.</summary>
/// <param name="Path">The file's path.</param>
/// <param name="Label">Index into <see cref="ImageFolder.Classes"/>.</param>
public readonly record struct LabelledImage(string Path, int Label);

/// <summary>
/// A folder of images sorted into one folder for each class, <c>directory/class/image</c>. The classes, sorted by name (by
/// ordinal, as torchvision's <c>ImageFolder</c> does), are the labels. Names that begin with a dot are passed over.
/// </summary>
public sealed class ImageFolder
{
    private static readonly string[] s_extensions = [".jpg", ".jpeg", ".png"];

    private ImageFolder(string directory, ImmutableArray<string> classes, ImmutableArray<LabelledImage> images)
    {
        Directory = directory;
        Classes = classes;
        Images = images;
    }

    /// <summary>The folder's path.</summary>
    public string Directory { get; }

    /// <summary>The classes' names, in the order of the labels.</summary>
    public ImmutableArray<string> Classes { get; }

    /// <summary>The images, by class and then by name (ordinal).</summary>
    public ImmutableArray<LabelledImage> Images { get; }

    /// <summary>Lists a folder; no image is opened.</summary>
    /// <param name="directory">The folder that holds the class folders.</param>
    /// <exception cref="FileFormatException">
    /// The folder does not exist, or has no class folders or no images (.jpg, .jpeg, .png, in any case).
    /// </exception>
    public static ImageFolder Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Require(directory, "a folder of class folders");

        ImmutableArray<string> classes = [.. SortedNames(System.IO.Directory.EnumerateDirectories(directory))];
        if (classes.IsEmpty)
        {
            throw new FileFormatException(directory, "", "has no sub-folders; one for each class was expected");
        }

        ImmutableArray<LabelledImage>.Builder images = ImmutableArray.CreateBuilder<LabelledImage>();
        for (int label = 0; label < classes.Length; label++)
        {
            string folder = Path.Combine(directory, classes[label]);
            foreach (string name in SortedNames(System.IO.Directory.EnumerateFiles(folder)))
            {
                if (s_extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase))
                {
                    images.Add(new LabelledImage(Path.Combine(folder, name), label));
                }
            }
        }

        return images.Count > 0
            ? new ImageFolder(directory, classes, images.ToImmutable())
            : throw new FileFormatException(
                directory, "", $"has no images in its sub-folders; files ending in {string.Join(", ", s_extensions)} were expected");
    }

    /// <summary>All image files anywhere below a folder, sorted by path (ordinal); no image is opened.</summary>
    /// <param name="directory">The folder, with images of its own, class folders, or both.</param>
    /// <exception cref="FileFormatException">The folder does not exist, or there is no image (.jpg, .jpeg, .png, in any case) below it.</exception>
    public static ImmutableArray<string> FindAll(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        Require(directory, "a folder of images");

        // A bound on the depth, because links may lead back up.
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 16, IgnoreInaccessible = false };
        ImmutableArray<string> images =
        [
            .. System.IO.Directory.EnumerateFiles(directory, "*", options)
                .Where(path => s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal),
        ];
        return !images.IsEmpty
            ? images
            : throw new FileFormatException(
                directory, "", $"has no images below it; files ending in {string.Join(", ", s_extensions)} were expected");
    }

    private static void Require(string directory, string expected)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            string problem = File.Exists(directory) ? "is a file" : "does not exist";
            throw new FileFormatException(directory, "", $"{problem}; {expected} was expected");
        }
    }

    private static IEnumerable<string> SortedNames(IEnumerable<string> paths) =>
        paths.Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);
}
