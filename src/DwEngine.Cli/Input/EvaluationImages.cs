using System.Collections.Immutable;
using System.Globalization;
using DwEngine.Cli.Output;
using DwEngine.Files;
using DwEngine.Models;
using DwEngine.Vision;

namespace DwEngine.Cli.Input;

/// <summary>How the class folders were matched with the outputs of a network.</summary>
internal enum ClassMatch
{
    /// <summary>There are no classes.</summary>
    None,

    /// <summary>By the network's labels.</summary>
    Name,

    /// <summary>Sorted by name, since the network has no labels.</summary>
    Position,
}

/// <summary>Images that networks are run on, and the classes that they are of.</summary>
internal sealed record EvaluationImages
{
    /// <summary>The folder.</summary>
    public required string Directory { get; init; }

    /// <summary>The chosen images. Their labels are indices of the network's outputs, or -1 where there are no classes.</summary>
    public required IReadOnlyList<LabelledImage> Images { get; init; }

    /// <summary>How many images the folder holds.</summary>
    public required int Found { get; init; }

    /// <summary>The classes in the order of the network's outputs; empty where there are none.</summary>
    public required ImmutableArray<string> Classes { get; init; }

    /// <summary>How these were matched.</summary>
    public required ClassMatch Match { get; init; }

    /// <summary>What was passed over, or is missing.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Whether it is known what is on the images.</summary>
    public bool IsLabelled => Match != ClassMatch.None;

    /// <summary>How the classes were matched, for people; null where the labels tell.</summary>
    public string? Note => Match == ClassMatch.Position
        ? "classes: the network has no labels; its outputs are taken for the class folders, sorted by name."
        : null;

    /// <summary>Chooses images of <c>DIR/class/image</c>.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="model">The network. Its labels name the folders, in whatever order; where it has none, it must have one output for
    /// each folder.</param>
    /// <param name="limit">Images at most, spread over the classes.</param>
    /// <param name="offset">Images to pass over, in that order.</param>
    /// <exception cref="DwEngineException">The folder cannot be used, or the classes do not fit.</exception>
    public static EvaluationImages Open(string directory, NetworkModel model, int limit = int.MaxValue, int offset = 0)
    {
        ImageFolder folder = ImageFolder.Open(directory);
        int outputs = Classifier.CountClasses(model.Graph);
        ClassMatch match = model.Metadata.Labels is null ? ClassMatch.Position : ClassMatch.Name;
        if (model.Metadata.Labels is { } labels)
        {
            folder = Named(folder, labels);
        }
        else if (folder.Classes.Length != outputs)
        {
            throw new CommandException(
                $"{directory}: expected {outputs} class folders, one for each output; found {folder.Classes.Length}.");
        }

        return Choose(folder, match, limit, offset);
    }

    /// <summary>
    /// The same where classes are welcome but not needed: a folder that has none that fit is taken for one of images alone.
    /// </summary>
    /// <exception cref="DwEngineException">The folder cannot be used.</exception>
    public static EvaluationImages OpenAny(string directory, NetworkModel model, int limit = int.MaxValue)
    {
        string? problem = null;
        if (ImageFolder.HasClassFolders(directory))
        {
            try
            {
                return Open(directory, model, limit);
            }
            catch (DwEngineException error)
            {
                problem = $"accuracy is not measured: {error.Message}";
            }
        }

        EvaluationImages images = OpenUnlabelled(directory, limit);
        return problem is null ? images : images with { Warnings = [problem, .. images.Warnings] };
    }

    /// <summary>Chooses images anywhere below a folder, whatever is on them.</summary>
    /// <exception cref="DwEngineException">The folder cannot be used.</exception>
    public static EvaluationImages OpenUnlabelled(string directory, int limit = int.MaxValue) =>
        Choose(ImageFolder.OpenUnlabelled(directory), ClassMatch.None, limit, 0);

    /// <summary>What of a folder was passed over, each as a sentence.</summary>
    public static IEnumerable<string> PassedOver(ImageFolder folder)
    {
        if (folder.OtherFiles.Length > 0)
        {
            string[] places =
            [
                .. folder.OtherFiles.GroupBy(file => PlaceOf(folder, file)).Select(group => $"{group.Key} ({Kinds(group)})"),
            ];
            const int Shown = 10;
            string more = places.Length > Shown ? $", and {places.Length - Shown} more folders" : "";
            yield return $"{folder.Directory}: files that are no images of a known format were passed over "
                + $"in {string.Join(", ", places.Take(Shown))}{more}.";
        }

        if (folder.OutsideImages.Length > 0)
        {
            string[] names = [.. folder.OutsideImages.Select(file => Path.GetFileName(file))];
            yield return $"{folder.Directory}: images outside the class folders were passed over: {Format.Names(names)}.";
        }

        if (folder.RepeatedLinks.Length > 0)
        {
            yield return $"{folder.Directory}: links to folders that are read already were not followed: "
                + $"{Format.Names(folder.RepeatedLinks)}.";
        }
    }

    private static ImageFolder Named(ImageFolder folder, ImmutableArray<string> labels)
    {
        try
        {
            return folder.WithLabels(labels);
        }
        catch (FileFormatException error)
        {
            string count = folder.Classes.Length == labels.Length
                ? ""
                : $" (expected {labels.Length} class folders or fewer; found {folder.Classes.Length})";
            throw new CommandException(
                $"{error.Message}{count}. --labels FILE gives the folders' names in the order of the network's outputs.",
                error);
        }
    }

    private static EvaluationImages Choose(ImageFolder folder, ClassMatch match, int limit, int offset)
    {
        if (offset >= folder.Images.Length)
        {
            throw new CommandException(
                $"{folder.Directory}: expected --offset below the number of images, {folder.Images.Length}; found {offset}.");
        }

        bool isPart = offset > 0 || limit < folder.Images.Length;
        return new EvaluationImages
        {
            Directory = folder.Directory,
            Images = isPart ? [.. folder.Spread().Skip(offset).Take(limit)] : folder.Images,
            Found = folder.Images.Length,
            Classes = folder.Classes,
            Match = match,
            Warnings = [.. Missing(folder), .. match == ClassMatch.Position ? Numbered(folder) : [], .. PassedOver(folder)],
        };
    }

    private static IEnumerable<string> Missing(ImageFolder folder)
    {
        string[] empty = [.. folder.EmptyClasses];
        string classes = empty.Length == 1 ? "the class" : $"{empty.Length} classes:";
        return empty.Length == 0 ? [] : [$"{folder.Directory}: no image of {classes} {Format.Names(empty, 10)}."];
    }

    private static IEnumerable<string> Numbered(ImageFolder folder)
    {
        int[] numbers =
        [
            .. folder.Classes.Select(
                name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1),
        ];
        bool isByName = numbers.All(number => number >= 0) && !numbers.SequenceEqual(numbers.Order());
        return isByName
            ? [$"{folder.Directory}: the class folders have numbers, but are taken by name as torchvision does: "
                + $"{Format.Names(folder.Classes)}."]
            : [];
    }

    private static string PlaceOf(ImageFolder folder, string file)
    {
        string relative = Path.GetRelativePath(folder.Directory, file);
        int end = relative.IndexOf(Path.DirectorySeparatorChar);
        return end < 0 ? "the folder itself" : $"'{relative[..end]}'";
    }

    private static string Kinds(IEnumerable<string> files) => string.Join(", ", files
        .GroupBy(file => Path.GetExtension(file).ToLowerInvariant())
        .OrderByDescending(group => group.Count())
        .ThenBy(group => group.Key, StringComparer.Ordinal)
        .Take(5)
        .Select(group => $"{group.Count()} {(group.Key.Length > 0 ? group.Key : "without extension")}"));
}
